import type { Dataset } from './dataset'
import type { StepInput } from './ganEngine'
import { digitCount, imageSize } from './network'
import type { Random } from './random'
import type { TrainingSettings } from './settings'

/** Grey level → the networks' range, so that a batch costs look-ups only. */
const unit = Float32Array.from({ length: 256 }, (_, grey) => grey / 127.5 - 1)

/** Draws what step number `step` consumes: real pictures with replacement, then fake labels, then latents. */
export function drawStepInput(step: number, settings: TrainingSettings, data: Dataset, random: Random): StepInput {
  const { batchSize, latentSize, discriminatorSteps, conditional } = settings
  const realCount = discriminatorSteps * batchSize
  const fakeCount = realCount + batchSize
  const real = new Float32Array(realCount * imageSize)
  const realLabels = conditional ? new Uint8Array(realCount) : undefined
  const { pixels } = data
  for (let i = 0; i < realCount; i++) {
    const picked = random.below(data.count)
    const from = picked * imageSize
    const to = i * imageSize
    for (let p = 0; p < imageSize; p++) real[to + p] = unit[pixels[from + p] as number] as number
    if (realLabels) realLabels[i] = data.labels?.[picked] ?? 0
  }
  const fakeLabels = conditional ? Uint8Array.from({ length: fakeCount }, () => random.below(digitCount)) : undefined
  const latents = random.fillNormal(new Float32Array(fakeCount * latentSize))
  return { step, real, realLabels, latents, fakeLabels }
}
