/** How good the samples of one moment are, as the digit classifier judges them. */
export interface Score {
  readonly step: number
  /** Samples judged. */
  readonly count: number
  /** Share of samples that the classifier takes for some digit with probability of at least 0.8. */
  readonly confident: number
  /** Digits (of ten) that at least one in fifty samples shows. */
  readonly coverage: number
  /** Share of samples that show the digit asked for; undefined when none was asked for. */
  readonly asked: number | undefined
  /** Fréchet distance between 128 features of samples and of real digits; 0 is indistinguishable. */
  readonly distance: number
}

export const scoreColumns = ['step', 'count', 'confident', 'coverage', 'asked', 'distance'] as const

/** [rows, columns], float32, row-major; a missing number is NaN. */
export function scoresToArray(scores: readonly Score[]): Float32Array {
  return Float32Array.from(scores.flatMap((score) => scoreColumns.map((name) => score[name] ?? Number.NaN)))
}

export function scoresFromArray(table: Float32Array): Score[] {
  const scores: Score[] = []
  for (let at = 0; at + scoreColumns.length <= table.length; at += scoreColumns.length) {
    const [step = 0, count = 0, confident = 0, coverage = 0, asked = Number.NaN, distance = 0] = table.subarray(at, at + scoreColumns.length)
    scores.push({ step, count, confident, coverage, asked: Number.isNaN(asked) ? undefined : asked, distance })
  }
  return scores
}

/** Judges pictures. */
export interface Scorer {
  /** @param pixels [n, 784] grey levels  @param asked [n], the digit each was meant to show */
  score(step: number, pixels: Uint8Array, asked: Uint8Array | undefined): Score
}
