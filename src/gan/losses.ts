import type { StepResult } from './ganEngine'

/** Binary cross-entropy of logits [n] towards one target, averaged, nats: softplus(x) - target · x without overflow. */
export function crossEntropy(logits: Float32Array, target: number): number {
  let sum = 0
  for (const x of logits) sum += Math.max(x, 0) - target * x + Math.log1p(Math.exp(-Math.abs(x)))
  return sum / logits.length
}

/** What a step says about itself, from D's logits on the real pictures, on the fakes it learnt from, and on G's own. */
export function judge(real: Float32Array, fake: Float32Array, generator: Float32Array, realTarget: number): StepResult {
  return {
    lossReal: crossEntropy(real, realTarget),
    lossFake: crossEntropy(fake, 0),
    lossGenerator: crossEntropy(generator, 1),
    accuracyReal: share(real, (x) => x > 0),
    accuracyFake: share(fake, (x) => x < 0),
  }
}

function share(logits: Float32Array, holds: (x: number) => boolean): number {
  return logits.reduce((count, x) => count + (holds(x) ? 1 : 0), 0) / logits.length
}
