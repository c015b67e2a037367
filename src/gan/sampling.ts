import { InklingError } from '../base/errors'
import type { SampleRequest } from './ganEngine'
import { showcaseCount } from './frames'
import { digitCount } from './network'
import { Random, type Stream } from './random'
import type { TrainingSettings } from './settings'

/** `count` latent vectors from a seed; for conditional networks the digits 0-9 in turn, unless `digits` names them. */
export function drawSamples(settings: TrainingSettings, seed: number, count: number, digits?: Uint8Array, stream: Stream = 'sample'): SampleRequest {
  const random = Random.from(seed, stream)
  return {
    latents: random.fillNormal(new Float32Array(count * settings.latentSize)),
    labels: settings.conditional ? (digits ?? Uint8Array.from({ length: count }, (_, i) => i % digitCount)) : undefined,
    weights: shownWeights(settings),
  }
}

/** The fixed latents that a run draws again and again, 40 of them, for its whole life. */
export function showcase(settings: TrainingSettings): SampleRequest {
  return drawSamples(settings, settings.seed, showcaseCount, undefined, 'showcase')
}

/** Which generator weights samples come from when nobody asks for the others. */
export function shownWeights(settings: TrainingSettings): 'raw' | 'average' {
  return settings.emaDecay > 0 ? 'average' : 'raw'
}

/**
 * "1957" → [1, 9, 5, 7].
 * @throws InklingError `gan-digits-invalid`, `gan-digits-unconditional`
 */
export function digitsToOrder(settings: TrainingSettings, text: string): Uint8Array {
  if (!/^[0-9]+$/.test(text)) throw InklingError.of('gan-digits-invalid', { digits: text.slice(0, 80) })
  if (!settings.conditional) throw InklingError.of('gan-digits-unconditional', {})
  return Uint8Array.from(text, Number)
}

/** Latents on the straight way from `a` to `b`, both included: [count, latentSize]. */
export function walk(a: Float32Array, b: Float32Array, count: number): Float32Array {
  const out = new Float32Array(count * a.length)
  for (let i = 0; i < count; i++) {
    const share = count === 1 ? 0 : i / (count - 1)
    for (let j = 0; j < a.length; j++) out[i * a.length + j] = (a[j] ?? 0) * (1 - share) + (b[j] ?? 0) * share
  }
  return out
}
