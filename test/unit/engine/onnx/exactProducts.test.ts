import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { multipliesExactly } from '../../../../src/engine/onnx/exactProducts'
import { onnxRuntime, type OnnxRuntime } from '../../../../src/engine/onnx/runtime'

/** A processor whose product of 64 pairs is `product`. */
async function processorThatGives(product: number): Promise<OnnxRuntime> {
  const ort = await onnxRuntime()
  const session = { run: async () => ({ product: new ort.Tensor('float32', Float32Array.of(product), [1, 1]) }), release: async () => {} }
  return { ...ort, InferenceSession: { create: async () => session } } as unknown as OnnxRuntime
}

describe('a processor', () => {
  it.each([
    ['that gives the whole product multiplies exactly', 64 * 127 * 127, true],
    // Of each pair of products, 2 · 255 · 127, only 32767 is left; then 64 · 128 · 127 are taken off for the zero point.
    ['that cuts pairs of products off at 16 bits does not', 32 * 32767 - 64 * 128 * 127, false],
  ])('%s', async (_, product, exact) => {
    expect(await multipliesExactly(await processorThatGives(product))).toBe(exact)
  })

  it.runIf(saysThatItDoes())('is believed when it says so', async () => {
    expect(await multipliesExactly(await onnxRuntime())).toBe(true)
  })
})

/** Linux tells what the processor can do. */
function saysThatItDoes(): boolean {
  return existsSync('/proc/cpuinfo') && /\bavx(512)?_vnni\b/.test(readFileSync('/proc/cpuinfo', 'utf8'))
}
