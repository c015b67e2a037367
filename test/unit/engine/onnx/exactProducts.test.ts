import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { largestExactWeight } from '../../../../src/engine/onnx/exactProducts'
import { onnxRuntime, type OnnxRuntime } from '../../../../src/engine/onnx/runtime'

interface Feeds {
  readonly activations: { readonly data: Uint8Array }
  readonly weights: { readonly data: Int8Array }
}

/** A processor that keeps up to `most` of each two products together. Of the whole, the activations' zero point is taken off. */
async function processorThatKeeps(most: number): Promise<OnnxRuntime> {
  const ort = await onnxRuntime()
  const run = async ({ activations, weights }: Feeds): Promise<object> => {
    const products = Array.from(activations.data, (x, i) => x * (weights.data[i] ?? 0))
    const pairs = products.flatMap((product, i) => (i % 2 === 0 ? [Math.min(most, product + (products[i + 1] ?? 0))] : []))
    const sum = pairs.reduce((total, pair) => total + pair, 0) - weights.data.reduce((total, weight) => total + 128 * weight, 0)
    return { product: new ort.Tensor('float32', Float32Array.of(sum), [1, 1]) }
  }
  return { ...ort, InferenceSession: { create: async () => ({ run, release: async () => {} }) } } as unknown as OnnxRuntime
}

describe('a processor', () => {
  it.each([
    ['that adds products in 32 bits takes weights of eight bits', 2 ** 31 - 1, 127],
    ['that adds two in 16 bits takes weights of seven', 2 ** 15 - 1, 64],
    ['that loses more takes none', 2 ** 14, undefined],
  ])('%s', async (_, most, largest) => {
    expect(await largestExactWeight(await processorThatKeeps(most))).toBe(largest)
  })

  it.runIf(has(/\bavx(512)?_vnni\b/))('is believed when it says so', async () => {
    expect(await largestExactWeight(await onnxRuntime())).toBe(127)
  })

  it.runIf(has(/\bavx2\b/))('without it takes seven bits at least', async () => {
    expect(await largestExactWeight(await onnxRuntime())).toBeGreaterThanOrEqual(64)
  })
})

/** Linux tells what the processor can do. */
function has(ability: RegExp): boolean {
  return existsSync('/proc/cpuinfo') && ability.test(readFileSync('/proc/cpuinfo', 'utf8'))
}
