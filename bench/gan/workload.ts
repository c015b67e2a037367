import { performance } from 'node:perf_hooks'
import { describeGan, type Network } from '../../src/gan/network'
import { presets } from '../../src/gan/settings'

/** What every engine is measured with: the article's networks, batch and loop. No labels, no penalty, no averages. */
export const workload = presets.article

export interface Row {
  readonly name: string
  readonly threads: number
  /** Median milliseconds of a step. */
  readonly stepMs: number
}

const warmUpSteps = 3
const atLeastSteps = 5
const budgetMs = 6000

/** Median milliseconds of `step`, after a few to warm up. */
export async function medianMs(step: () => Promise<unknown>): Promise<number> {
  for (let i = 0; i < warmUpSteps; i++) await step()
  const times: number[] = []
  const end = performance.now() + budgetMs
  while (times.length < atLeastSteps || performance.now() < end) {
    const began = performance.now()
    await step()
    times.push(performance.now() - began)
  }
  return times.sort((a, b) => a - b)[times.length >> 1] ?? Number.NaN
}

/**
 * Floating-point operations of the products that a step cannot do without: D forward and back to its weights on real and on
 * fake, G forward twice, back through D to the pixels and through G to its weights. The first layers' inputs need no gradient.
 */
export function stepOperations(): number {
  const { generator, discriminator } = describeGan(workload)
  const kernels = (network: Network): number => network.reduce((sum, { inputs, outputs }) => sum + inputs * outputs, 0)
  const first = ([layer]: Network): number => (layer ? layer.inputs * layer.outputs : 0)
  const [g, d] = [kernels(generator), kernels(discriminator)]
  const learnToTell = 3 * d - first(discriminator)
  const learnToDraw = 2 * d + 2 * g + 2 * g - first(generator)
  return 2 * workload.batchSize * (2 * learnToTell + learnToDraw)
}
