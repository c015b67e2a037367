/** Copies `columns` floats from each of `rows` rows to another matrix; both matrices' widths are in floats. */
export function copyRows(from: usize, fromWidth: usize, to: usize, toWidth: usize, columns: usize, rows: usize): void {
  if (columns == fromWidth && columns == toWidth) return memory.copy(to, from, (columns * rows) << 2)
  for (let row: usize = 0; row < rows; row++) {
    memory.copy(to, from, columns << 2)
    from += fromWidth << 2
    to += toWidth << 2
  }
}

/** out[n] = column sums of x[m, n]. */
export function columnSums(x: usize, m: usize, n: usize, out: usize): void {
  const rowBytes = n << 2
  let column: usize = 0
  // A line of the cache at a time: rows lie far apart.
  for (; column + 16 <= n; column += 16) {
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0
    let p = x + (column << 2)
    for (let row: usize = 0; row < m; row++) {
      s0 = f32x4.add(s0, v128.load(p))
      s1 = f32x4.add(s1, v128.load(p, 16))
      s2 = f32x4.add(s2, v128.load(p, 32))
      s3 = f32x4.add(s3, v128.load(p, 48))
      p += rowBytes
    }
    const to = out + (column << 2)
    v128.store(to, s0)
    v128.store(to, s1, 16)
    v128.store(to, s2, 32)
    v128.store(to, s3, 48)
  }
  for (; column + 4 <= n; column += 4) {
    let sum = f32x4.splat(0)
    let p = x + (column << 2)
    for (let row: usize = 0; row < m; row++) {
      sum = f32x4.add(sum, v128.load(p))
      p += rowBytes
    }
    v128.store(out + (column << 2), sum)
  }
  for (; column < n; column++) {
    let sum: f32 = 0
    let p = x + (column << 2)
    for (let row: usize = 0; row < m; row++) {
      sum += load<f32>(p)
      p += rowBytes
    }
    store<f32>(out + (column << 2), sum)
  }
}

/**
 * One Adam update in place: m ← β₁m + (1-β₁)g, v ← β₂v + (1-β₂)g², w ← w - rate · m / (√v + ε). `rate` carries the bias
 * correction, as in the closing remark of section 2 of Kingma and Ba, "Adam", 2015, and in Keras. 1-β comes from outside,
 * in full precision: 1 - 0.999 in floats is wrong in the fifth digit.
 */
export function adam(w: usize, m: usize, v: usize, g: usize, n: usize, rate: f32, keep1: f32, take1: f32, keep2: f32, take2: f32, epsilon: f32): void {
  const keeps1 = f32x4.splat(keep1)
  const takes1 = f32x4.splat(take1)
  const keeps2 = f32x4.splat(keep2)
  const takes2 = f32x4.splat(take2)
  const rates = f32x4.splat(rate)
  const epsilons = f32x4.splat(epsilon)
  const vectors = (n & ~3) << 2
  let i: usize = 0
  for (; i < vectors; i += 16) {
    const gradient = v128.load(g + i)
    const first = f32x4.add(f32x4.mul(v128.load(m + i), keeps1), f32x4.mul(gradient, takes1))
    const second = f32x4.add(f32x4.mul(v128.load(v + i), keeps2), f32x4.mul(f32x4.mul(gradient, gradient), takes2))
    v128.store(m + i, first)
    v128.store(v + i, second)
    v128.store(w + i, f32x4.sub(v128.load(w + i), f32x4.div(f32x4.mul(first, rates), f32x4.add(f32x4.sqrt(second), epsilons))))
  }
  for (; i < n << 2; i += 4) {
    const gradient = load<f32>(g + i)
    const first = load<f32>(m + i) * keep1 + gradient * take1
    const second = load<f32>(v + i) * keep2 + gradient * gradient * take2
    store<f32>(m + i, first)
    store<f32>(v + i, second)
    store<f32>(w + i, load<f32>(w + i) - (first * rate) / (sqrt<f32>(second) + epsilon))
  }
}

/** average ← keep · average + take · w, in place. */
export function blend(average: usize, w: usize, n: usize, keep: f32, take: f32): void {
  const keeps = f32x4.splat(keep)
  const takes = f32x4.splat(take)
  const vectors = (n & ~3) << 2
  let i: usize = 0
  for (; i < vectors; i += 16) {
    v128.store(average + i, f32x4.add(f32x4.mul(v128.load(average + i), keeps), f32x4.mul(v128.load(w + i), takes)))
  }
  for (; i < n << 2; i += 4) store<f32>(average + i, load<f32>(average + i) * keep + load<f32>(w + i) * take)
}

/** out = d · (1 - y²): the way back through y = tanh(x). */
export function tanhGradient(d: usize, y: usize, out: usize, n: usize): void {
  const one = f32x4.splat(1)
  const vectors = (n & ~3) << 2
  let i: usize = 0
  for (; i < vectors; i += 16) {
    const t = v128.load(y + i)
    v128.store(out + i, f32x4.mul(v128.load(d + i), f32x4.sub(one, f32x4.mul(t, t))))
  }
  for (; i < n << 2; i += 4) {
    const t = load<f32>(y + i)
    store<f32>(out + i, load<f32>(d + i) * (1 - t * t))
  }
}

// @ts-ignore: decorator
@inline
function horner(y: v128, p: v128, next: f32): v128 {
  return f32x4.add(f32x4.mul(y, p), f32x4.splat(next))
}

/**
 * tanh as the quotient of an odd polynomial of degree 13 and an even one of degree 6; the coefficients are those of
 * Eigen's `generic_fast_tanh_float` (a least-squares fit on ±7.9, where a float's tanh has long become ±1).
 */
// @ts-ignore: decorator
@inline
function tanhOf(value: v128): v128 {
  const x = f32x4.max(f32x4.min(value, f32x4.splat(7.90531110763549805)), f32x4.splat(-7.90531110763549805))
  const y = f32x4.mul(x, x)
  let p = f32x4.splat(-2.76076847742355e-16)
  p = horner(y, p, 2.00018790482477e-13)
  p = horner(y, p, -8.60467152213735e-11)
  p = horner(y, p, 5.12229709037114e-8)
  p = horner(y, p, 1.48572235717979e-5)
  p = horner(y, p, 6.37261928875436e-4)
  p = horner(y, p, 4.89352455891786e-3)
  let q = f32x4.splat(1.19825839466702e-6)
  q = horner(y, q, 1.18534705686654e-4)
  q = horner(y, q, 2.26843463243900e-3)
  q = horner(y, q, 4.89352518554385e-3)
  return f32x4.div(f32x4.mul(x, p), q)
}

/** out = tanh(x). */
export function tanh(x: usize, out: usize, n: usize): void {
  const vectors = (n & ~3) << 2
  let i: usize = 0
  for (; i < vectors; i += 16) v128.store(out + i, tanhOf(v128.load(x + i)))
  for (; i < n << 2; i += 4) store<f32>(out + i, f32x4.extract_lane(tanhOf(f32x4.splat(load<f32>(x + i))), 0))
}
