import type { Dataset } from '../../src/gan/dataset'
import { Random } from '../../src/gan/random'
import { presets, type TrainingSettings } from '../../src/gan/settings'

/** Networks so small that a step takes no time, with everything switched on. */
export const tinySettings: TrainingSettings = {
  ...presets.digits, seed: 5, steps: 24, batchSize: 6, latentSize: 4, generatorWidths: [7, 9], discriminatorWidths: [8], labelSmoothing: 0.1, discriminatorSteps: 2, r1Every: 3,
}

/** Twenty pictures of noise. */
export function tinyData(): Dataset {
  const random = Random.from(9, 'sample')
  return { count: 20, pixels: Uint8Array.from({ length: 20 * 784 }, () => random.below(256)), labels: Uint8Array.from({ length: 20 }, (_, i) => i % 10) }
}
