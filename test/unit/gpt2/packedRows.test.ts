import { describe, expect, it } from 'vitest'
import { InklingError } from '../../../src/base/errors'
import { isPacked, packedRows } from '../../../src/gpt2/packedRows'
import { quantizeRows, transpose } from '../../../src/gpt2/quantize'
import { Safetensors } from '../../../src/gpt2/safetensors'
import { file, MemorySource } from './safetensorsFile'

/** A file with one packed matrix, and its factors as F32. */
async function packed(shape: readonly number[], codes: readonly number[], scalesShape: readonly number[], scales: readonly number[]): Promise<Safetensors> {
  const end = codes.length + 4 * scales.length
  const header = {
    w: { dtype: 'I8', shape, data_offsets: [0, codes.length] },
    'w.scales': { dtype: 'F32', shape: scalesShape, data_offsets: [codes.length, end] },
  }
  const bytes = file(JSON.stringify(header), end)
  bytes.set(new Uint8Array(Int8Array.from(codes).buffer), bytes.length - end)
  bytes.set(new Uint8Array(Float32Array.from(scales).buffer), bytes.length - end + codes.length)
  return Safetensors.open(new MemorySource(bytes))
}

const countTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1)

describe('a matrix packed in 8 bits', () => {
  it.each([
    ['blocks along rows', [2, 4], [2, 2], [1, 10, 100, 1000], [1, 2, 30, 40, 500, 600, 7000, 8000]],
    ['blocks along columns', [4, 2], [2, 2], [1, 10, 100, 1000], [1, 20, 3, 40, 500, 6000, 700, 8000]],
    ['one block a row', [2, 4], [2, 1], [1, 10], [1, 2, 3, 4, 50, 60, 70, 80]],
  ])('has its values back from %s', async (_, shape, scalesShape, scales, expected) => {
    const tensors = await packed(shape, countTo(8), scalesShape, scales)
    expect(isPacked(tensors, 'w')).toBe(true)
    expect([...(await packedRows(tensors, 'w', 0, shape[0] ?? 0))]).toEqual(expected)
  })

  it.each([[1, 3], [3, 4], [0, 1]])('gives rows %i to %i of a block along columns', async (from, to) => {
    const tensors = await packed([4, 2], countTo(8), [2, 2], [1, 10, 100, 1000])
    expect([...(await packedRows(tensors, 'w', from, to))]).toEqual([1, 20, 3, 40, 500, 6000, 700, 8000].slice(2 * from, 2 * to))
  })

  it('keeps negative codes', async () => {
    expect([...(await packedRows(await packed([1, 2], [-127, -1], [1, 1], [0.5]), 'w', 0, 1))]).toEqual([-63.5, -0.5])
  })

  it('quantizes again to the very codes it came from', async () => {
    const codes = Array.from({ length: 256 }, (_, i) => ((i * 37) % 255) - 127)
    // Each column of [128, 2] is a block, and has a code of largest size as every block that was packed has.
    codes[0] = 127
    codes[1] = -127
    const tensors = await packed([128, 2], codes, [1, 2], [0.03125, 0.001953125])
    const again = quantizeRows(transpose(await packedRows(tensors, 'w', 0, 128), 128, 2), 128, 128, 8)
    expect([...again.scales]).toEqual([0.03125, 0.001953125])
    expect([...again.codes].map((code) => code - 128)).toEqual([...codes.filter((_, i) => i % 2 === 0), ...codes.filter((_, i) => i % 2 === 1)])
  })

  it.each([
    ['more blocks than columns', [2, 4], [2, 8]],
    ['blocks that do not divide the rows', [4, 2], [3, 2]],
    ['blocks along both', [4, 4], [2, 2]],
    ['one dimension', [2, 4], [2]],
    ['no block', [2, 4], [2, 0]],
  ])('is refused with %s', async (_, shape, scalesShape) => {
    const scales = Array<number>(scalesShape.reduce((a, b) => a * b, 1)).fill(1)
    const tensors = await packed(shape, countTo(shape.reduce((a, b) => a * b, 1)), scalesShape, scales)
    await expect(packedRows(tensors, 'w', 0, 1)).rejects.toSatisfy((error) => error instanceof InklingError && error.code === 'model-tensor-shape')
  })
})
