import { copyRows } from './elementwise'
import { packedColumns, packPanel, packStrips, panelBytes, panelHeight, stripBytes, stripDistance, stripWidth } from './pack'

/**
 * What happens to a product before it is stored: nothing, the leaky rectifier, or multiplication by the leaky
 * rectifier's slope at a tensor of the product's own shape (the derivative, in back-propagation).
 */
const LEAKY: i32 = 1
const SLOPE: i32 = 2

/** Bytes of A's panels that are held at a time: they are read once for every strip of B. */
const panelsBytes: usize = 2 << 20

/** Bytes of what a block of sums starts from, and of a block of sums that stands over an edge. */
const startBytes: usize = packedColumns << 2
const cutBytes: usize = panelHeight * stripBytes

/** A line of the cache. Strips begin with one. */
const lineBytes: usize = 64

/** Bytes of `room` that a product over at most `k` needs. */
export function roomBytes(k: usize): usize {
  return max<usize>(panelsBytes, k * panelBytes) + lineBytes + (packedColumns / stripWidth) * stripDistance(k) + startBytes + 2 * cutBytes
}

/**
 * C[m, n] = finish(A[m, k] · B[k, n] + bias[n]). C, bias and `slopeOf` are row-major and dense; A and B are read through
 * strides (in elements), one of which must be 1, so that each may be transposed.
 *
 * Both are packed in the order in which they are read: five rows of A are multiplied with eight columns of B at a time, ten
 * sums in registers. Fewer would wait for one another: each takes four cycles, and two can begin in a cycle. Rows and
 * columns that lack at the edges are multiplied as zeros and left out when they are stored.
 *
 * @param bias 0 for none  @param slopeOf read when finish is SLOPE  @param room see `roomBytes`
 */
export function matmul(
  m: usize, n: usize, k: usize,
  a: usize, aRow: usize, aColumn: usize, b: usize, bRow: usize, bColumn: usize, c: usize,
  bias: usize, finish: i32, slopeOf: usize, alpha: f32, room: usize,
): void {
  const height = max<usize>(1, panelsBytes / (k * panelBytes)) * panelHeight
  for (let row: usize = 0; row < m; row += height) {
    const rows = min<usize>(height, m - row)
    const at = (row * n) << 2
    productOfRows(rows, n, k, a + ((row * aRow) << 2), aRow, aColumn, b, bRow, bColumn, c + at, bias, finish, slopeOf + at, alpha, room)
  }
}

/** The same for as many rows as there is room for panels. */
function productOfRows(
  m: usize, n: usize, k: usize,
  a: usize, aRow: usize, aColumn: usize, b: usize, bRow: usize, bColumn: usize, c: usize,
  bias: usize, finish: i32, slopeOf: usize, alpha: f32, room: usize,
): void {
  const rowBytes = n << 2
  let strips = room
  for (let row: usize = 0; row < m; row += panelHeight) {
    packPanel(a, aRow, aColumn, m, k, row, strips)
    strips += k * panelBytes
  }
  strips = (strips + lineBytes - 1) & ~(lineBytes - 1)
  const start = strips + (packedColumns / stripWidth) * stripDistance(k)
  const cut = start + startBytes
  for (let column: usize = 0; column < n; column += packedColumns) {
    const width = min<usize>(packedColumns, n - column)
    packStrips(b, bRow, bColumn, k, column, width, strips)
    memory.fill(start, 0, startBytes)
    if (bias) memory.copy(start, bias + (column << 2), width << 2)
    let panel = room
    let at = column << 2
    for (let row: usize = 0; row < m; row += panelHeight) {
      const height = min<usize>(panelHeight, m - row)
      let strip = strips
      for (let left: usize = 0; left < width; left += stripWidth) {
        const to = at + (left << 2)
        block(k, panel, strip, start + (left << 2), c + to, rowBytes, height, min<usize>(stripWidth, width - left), finish, slopeOf + to, alpha, cut)
        strip += stripDistance(k)
      }
      panel += k * panelBytes
      at += panelHeight * rowBytes
    }
  }
}

/** Five by eight sums into C, or those of them that are there. */
function block(
  k: usize, panel: usize, strip: usize, start: usize,
  c: usize, rowBytes: usize, height: usize, width: usize, finish: i32, slopeOf: usize, alpha: f32, cut: usize,
): void {
  if (height == panelHeight && width == stripWidth) return sums(panel, panel + k * panelBytes, strip, strip + k * stripBytes, start, c, rowBytes, finish, slopeOf, alpha)
  // Past the edges there may be no memory to read slopes from.
  const slopes = cut + cutBytes
  if (finish == SLOPE) copyRows(slopeOf, rowBytes >> 2, slopes, stripWidth, width, height)
  sums(panel, panel + k * panelBytes, strip, strip + k * stripBytes, start, cut, stripBytes, finish, slopes, alpha)
  copyRows(cut, stripWidth, c, rowBytes >> 2, width, height)
}

/** a · b + c; rounded once where the engine knows relaxed SIMD and the processor such an instruction. */
// @ts-ignore: decorator
@inline
function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c)
}

function sums(panel: usize, beyond: usize, strip: usize, end: usize, start: usize, c: usize, rowBytes: usize, finish: i32, slopeOf: usize, alpha: f32): void {
  let c00 = v128.load(start), c01 = v128.load(start, 16)
  let c10 = c00, c11 = c01, c20 = c00, c21 = c01, c30 = c00, c31 = c01, c40 = c00, c41 = c01
  let a = panel
  let b = strip
  // V8 moves the loads between two branches to the front, and has 15 registers for them and the sums: so there are
  // branches that are never taken. Twice the same step halves its checks for interrupts.
  const narrow = !ASC_FEATURE_RELAXED_SIMD
  while (true) {
    let b0 = v128.load(b), b1 = v128.load(b, 16)
    let s = v128.load32_splat(a)
    c00 = multiplyAdd(s, b0, c00); c01 = multiplyAdd(s, b1, c01)
    s = v128.load32_splat(a, 4)
    c10 = multiplyAdd(s, b0, c10); c11 = multiplyAdd(s, b1, c11)
    if (a >= beyond) break
    s = v128.load32_splat(a, 8)
    c20 = multiplyAdd(s, b0, c20); c21 = multiplyAdd(s, b1, c21)
    s = v128.load32_splat(a, 12)
    c30 = multiplyAdd(s, b0, c30); c31 = multiplyAdd(s, b1, c31)
    if (narrow && b > end) break
    s = v128.load32_splat(a, 16)
    c40 = multiplyAdd(s, b0, c40); c41 = multiplyAdd(s, b1, c41)
    if (b + stripBytes >= end) break
    b0 = v128.load(b, 32), b1 = v128.load(b, 48)
    s = v128.load32_splat(a, 20)
    c00 = multiplyAdd(s, b0, c00); c01 = multiplyAdd(s, b1, c01)
    s = v128.load32_splat(a, 24)
    c10 = multiplyAdd(s, b0, c10); c11 = multiplyAdd(s, b1, c11)
    if (narrow && a > beyond) break
    s = v128.load32_splat(a, 28)
    c20 = multiplyAdd(s, b0, c20); c21 = multiplyAdd(s, b1, c21)
    if (b >= end) break
    s = v128.load32_splat(a, 32)
    c30 = multiplyAdd(s, b0, c30); c31 = multiplyAdd(s, b1, c31)
    s = v128.load32_splat(a, 36)
    c40 = multiplyAdd(s, b0, c40); c41 = multiplyAdd(s, b1, c41)
    a += 2 * panelBytes
    b += 2 * stripBytes
    if (b >= end) break
  }
  storeRow(c00, c01, c, finish, slopeOf, alpha)
  storeRow(c10, c11, c + rowBytes, finish, slopeOf + rowBytes, alpha)
  storeRow(c20, c21, c + 2 * rowBytes, finish, slopeOf + 2 * rowBytes, alpha)
  storeRow(c30, c31, c + 3 * rowBytes, finish, slopeOf + 3 * rowBytes, alpha)
  storeRow(c40, c41, c + 4 * rowBytes, finish, slopeOf + 4 * rowBytes, alpha)
}

// @ts-ignore: decorator
@inline
function storeRow(left: v128, right: v128, c: usize, finish: i32, slopeOf: usize, alpha: f32): void {
  const slope = f32x4.splat(alpha)
  v128.store(c, activate(left, finish, slopeOf, slope))
  v128.store(c, activate(right, finish, slopeOf + 16, slope), 16)
}

// @ts-ignore: decorator
@inline
function activate(sum: v128, finish: i32, slopeOf: usize, alpha: v128): v128 {
  if (finish == LEAKY) return f32x4.pmax(sum, f32x4.mul(sum, alpha))
  if (finish == SLOPE) return f32x4.mul(sum, v128.bitselect(f32x4.splat(1), alpha, f32x4.gt(v128.load(slopeOf), f32x4.splat(0))))
  return sum
}
