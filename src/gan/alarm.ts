import type { Curves } from './curves'
import type { Frame } from './frames'
import { digitCount, imageSize } from './network'
import { presets, type TrainingSettings } from './settings'

/** What can go wrong in training, and is worth waking someone for. */
export type AlarmKind = 'not-finite' | 'mode-collapse' | 'discriminator-wins'

export interface Alarm {
  readonly kind: AlarmKind
  readonly step: number
  /** Settings that mend it; to be applied to the last checkpoint before the alarm. */
  readonly remedy: Partial<TrainingSettings>
}

/** What it means, in plain words. */
export const alarmText: Readonly<Record<AlarmKind, string>> = {
  'not-finite': 'The numbers are no longer finite: a step was far too large, and everything after it is lost.',
  'mode-collapse': 'The generator has collapsed: whatever it starts from, it draws the same picture.',
  'discriminator-wins': 'The discriminator wins outright: it is so sure of itself that the generator can learn nothing from it.',
}

const watchedRows = 200
/** Sooner than this, networks that know nothing look like every one of these troubles. */
const firstLook = 300
const certain = 0.995
const hopelessLoss = 7
/** Share of the spread of real digits below which samples count as all the same. */
const collapsedSpread = 0.15

/**
 * Looks at a run and says what is wrong with it, if anything.
 * @param realSpread `spread` of as many real pictures
 */
export function findAlarm(settings: TrainingSettings, curves: Curves, newest: Frame | undefined, realSpread: number): Alarm | undefined {
  const step = curves.recent('step', 1)[0] ?? 0
  const losses = [curves.recent('lossReal', 1), curves.recent('lossFake', 1), curves.recent('lossGenerator', 1)].flat()
  if (losses.some((loss) => !Number.isFinite(loss))) return { kind: 'not-finite', step, remedy: calmer(settings) }
  if (step < firstLook) return undefined
  if (newest && newest.step >= firstLook && newest.step >= step - watchedRows && spread(newest.pixels, settings.conditional) < collapsedSpread * realSpread) {
    return { kind: 'mode-collapse', step, remedy: calmer(settings) }
  }
  const rows = Math.ceil(watchedRows / curves.stride)
  if (
    mean(curves.recent('accuracyReal', rows)) > certain &&
    mean(curves.recent('accuracyFake', rows)) > certain &&
    mean(curves.recent('lossGenerator', rows)) > hopelessLoss
  ) {
    return { kind: 'discriminator-wins', step, remedy: calmer(settings) }
  }
  return undefined
}

/**
 * How different pictures are from each other: the root mean square deviation of a pixel from its mean over the pictures
 * (of the same digit, when they were drawn to order: every tenth), in grey levels.
 * @param pixels [n, 784]
 */
export function spread(pixels: Uint8Array, byDigit: boolean): number {
  const count = pixels.length / imageSize
  const groups = byDigit ? digitCount : 1
  let sum = 0
  for (let group = 0; group < groups; group++) {
    for (let p = 0; p < imageSize; p++) {
      let n = 0
      let first = 0
      let second = 0
      for (let i = group; i < count; i += groups) {
        const grey = pixels[i * imageSize + p] ?? 0
        n++
        first += grey
        second += grey * grey
      }
      if (n > 0) sum += second - (first * first) / n
    }
  }
  return Math.sqrt(Math.max(0, sum) / pixels.length)
}

/** The settings of the stable preset that these lack; where nothing is lacking, slower and with a stronger penalty. */
function calmer(settings: TrainingSettings): Partial<TrainingSettings> {
  const { generatorLearningRate, discriminatorLearningRate, beta1, r1Gamma, r1Every, emaDecay } = presets.stable
  const wild = settings.generatorLearningRate > generatorLearningRate || settings.discriminatorLearningRate > discriminatorLearningRate || settings.beta1 > beta1 || settings.r1Gamma === 0
  if (wild) return { generatorLearningRate, discriminatorLearningRate, beta1, r1Gamma, r1Every, emaDecay }
  return {
    generatorLearningRate: settings.generatorLearningRate / 2,
    discriminatorLearningRate: settings.discriminatorLearningRate / 2,
    r1Gamma: Math.min(settings.r1Gamma * 2, 1000),
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
