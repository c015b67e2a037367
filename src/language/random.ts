/** A number in [0, 1), another at each call. */
export type Random = () => number

/**
 * A generator that gives the same numbers for the same seed everywhere: sfc32 of Chris Doty-Humphrey (PractRand), its
 * state filled from `seed` and `stream` and then run a while so that similar seeds part.
 * @param seed only its low 32 bits count
 * @param stream tells apart generators that share a seed, as those of several sequences
 */
export function seededRandom(seed: number, stream = 0): Random {
  let a = seed | 0
  let b = stream | 0
  let c = 0x9e3779b9 | 0
  let counter = 1
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  for (let i = 0; i < 15; i++) next()
  // 53 bits: what a double can hold.
  return () => ((next() >>> 5) * 0x4000000 + (next() >>> 6)) / 2 ** 53
}
