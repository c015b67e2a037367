import { Completer } from '../../src/completion/completer'
import { defaultSettings, type CompletionSettings } from '../../src/completion/settings'
import type { Clock } from '../../src/base/clock'
import { replay, type Recording, type Thresholds } from './recorder'
import type { Sample } from './samples'
import { added, noSession, write, type Session } from './typist'

/** A sample and the answers to everything asked in it. */
export interface Recorded {
  readonly sample: Sample
  readonly recording: Recording
}

/** What came of one pair of thresholds. */
export interface Point extends Thresholds {
  readonly prose: Session
  readonly documentation: Session
}

/** The writer does not wait and the model answers at once. */
const instantly: Clock = {
  now: () => 0,
  after(_delayMs, action) {
    let wanted = true
    queueMicrotask(() => wanted && action())
    return { dispose: () => { wanted = false } }
  },
}

/** Writes all samples. @param thresholds in place of those of the settings */
export async function measure(recorded: readonly Recorded[], settings: Partial<CompletionSettings>, thresholds?: Thresholds, told: (done: number) => void = () => {}): Promise<Omit<Point, keyof Thresholds>> {
  const sums = { prose: noSession, documentation: noSession }
  for (const [index, { sample, recording }] of recorded.entries()) {
    const completer = new Completer(replay(recording, thresholds), instantly, { lookAhead: false })
    const session = await write(sample, completer, { ...defaultSettings, ...settings }, (done) => told((index + done) / recorded.length))
    sums[sample.kind] = added(sums[sample.kind], session)
  }
  return sums
}

export const firstWordGrid: readonly number[] = Array.from({ length: 16 }, (_, index) => (index + 4) / 20)
/** How far the joint probability of all words may fall, as a share of what the first word needs. */
export const jointShares: readonly number[] = [0.5, 0.25, 0.1, 0.05]

export function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole
}

/** Keys saved, of those that typing every character takes; prose and documentation weigh equally. */
export function savedShare({ prose, documentation }: Omit<Point, keyof Thresholds>): number {
  return mean([prose, documentation].filter(({ characters }) => characters > 0).map(({ characters, keys }) => 1 - keys / characters))
}

/** Suggestions that were wrong at the first word, of all that appeared; prose and documentation weigh equally. */
export function wrongShare({ prose, documentation }: Omit<Point, keyof Thresholds>): number {
  return mean([prose, documentation].filter(({ shown }) => shown > 0).map(({ shown, wrong }) => wrong / shown))
}

/** Of samples like this one, 95 % have fewer wrong suggestions than this (normal approximation of the binomial). */
export function wrongShareAtMost(point: Omit<Point, keyof Thresholds>): number {
  const halves = [point.prose, point.documentation].filter(({ shown }) => shown > 0)
  const variance = halves.reduce((sum, { shown, wrong }) => sum + ((wrong / shown) * (1 - wrong / shown)) / shown, 0)
  return wrongShare(point) + (1.645 * Math.sqrt(variance)) / Math.max(1, halves.length)
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}

/** The pair of thresholds that saves most among those that are wrong at most so often, with 95 % certainty. */
export function best(points: readonly Point[], mostWrong: number): Point | undefined {
  const allowed = points.filter((point) => wrongShareAtMost(point) <= mostWrong)
  return allowed.reduce<Point | undefined>((found, point) => (found === undefined || savedShare(point) > savedShare(found) ? point : found), undefined)
}
