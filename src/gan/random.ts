/**
 * Seeded random numbers whose state is plain data, so that a run can be stopped, written to disk and continued exactly.
 * Generator: xoshiro128** (Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators", 2021), seeded by
 * SplitMix32 as its authors advise.
 */
export type RandomState = readonly [number, number, number, number]

/** Independent streams of one seed: what one of them draws never shifts another. */
export type Stream = 'weights' | 'training' | 'showcase' | 'score' | 'sample'

const streamNumber: Readonly<Record<Stream, number>> = { weights: 1, training: 2, showcase: 3, score: 4, sample: 5 }

export class Random {
  private a: number
  private b: number
  private c: number
  private d: number

  /** The words are kept signed: then every step of the generator is arithmetic of small integers. */
  private constructor([a, b, c, d]: RandomState) {
    this.a = a | 0
    this.b = b | 0
    this.c = c | 0
    this.d = d | 0
  }

  /** @param seed an integer in [0, 2^32) */
  static from(seed: number, stream: Stream): Random {
    let s = (seed ^ Math.imul(streamNumber[stream], 0x9e3779b9)) >>> 0
    const next = (): number => {
      s = (s + 0x9e3779b9) >>> 0
      let x = s
      x = Math.imul(x ^ (x >>> 16), 0x21f0aaad)
      x = Math.imul(x ^ (x >>> 15), 0x735a2d97)
      return (x ^ (x >>> 15)) >>> 0
    }
    return new Random([next(), next(), next(), next()])
  }

  static restore(state: RandomState): Random {
    return new Random(state)
  }

  get state(): RandomState {
    return [this.a >>> 0, this.b >>> 0, this.c >>> 0, this.d >>> 0]
  }

  /** An integer in [0, 2^32). */
  uint32(): number {
    const scrambled = Math.imul(this.b, 5)
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0
    const shifted = this.b << 9
    this.c ^= this.a
    this.d ^= this.b
    this.b ^= this.c
    this.a ^= this.d
    this.c ^= shifted
    this.d = (this.d << 11) | (this.d >>> 21)
    return result
  }

  /** A number in [0, 1) with 32 random bits. */
  uniform(): number {
    return this.uint32() / 0x1_0000_0000
  }

  /** An integer in [0, count). */
  below(count: number): number {
    return Math.floor(this.uniform() * count)
  }

  /**
   * Fills `out` with standard normal numbers (Box-Muller, both of each pair are used, none is kept for later: the state
   * alone says what comes next).
   */
  fillNormal(out: Float32Array): Float32Array {
    for (let i = 0; i < out.length; i += 2) {
      const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()))
      const angle = 2 * Math.PI * this.uniform()
      out[i] = radius * Math.cos(angle)
      if (i + 1 < out.length) out[i + 1] = radius * Math.sin(angle)
    }
    return out
  }
}

/** Four unsigned 32-bit integers, not all zero: the only states the generator can be in. */
export function isRandomState(value: unknown): value is RandomState {
  return (
    Array.isArray(value) &&
    value.length === 4 &&
    value.every((word) => typeof word === 'number' && Number.isInteger(word) && word >= 0 && word <= 0xffff_ffff) &&
    value.some((word) => word !== 0)
  )
}
