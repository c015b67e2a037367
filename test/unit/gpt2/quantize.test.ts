import { describe, expect, it } from 'vitest'
import { blockSizeFor, quantizeRows, transpose, transposeCodes, type Bits, type QuantizedRows } from '../../../src/gpt2/quantize'

/** What the operators make of the codes: scale · (code − zero point), without the filling. */
function dequantized({ codes, scales, zeroPoints }: QuantizedRows, columns: number, blockSize: number, bits: Bits): number[] {
  const blocks = Math.ceil(columns / blockSize)
  const half = (bytes: Uint8Array, i: number): number => ((bytes[i >> 1] ?? 0) >> (i % 2 === 0 ? 0 : 4)) & 15
  return Array.from({ length: (codes.length * 8) / bits }, (_, i) => {
    const block = Math.floor(i / blockSize)
    const row = Math.floor(block / blocks)
    const code = bits === 8 ? codes[i] ?? 0 : half(codes, i)
    const zero = bits === 8 ? 128 : half(zeroPoints.subarray(row * Math.ceil(blocks / 2)), block % blocks)
    return (scales[block] ?? 0) * (code - zero)
  }).filter((_, i) => i % (blocks * blockSize) < columns)
}

/** Numbers like weights: a sum of uniform ones, and now and then a large one. */
function weights(count: number): Float32Array {
  let state = 1
  const uniform = (): number => { state = (state * 48271) % 2147483647; return state / 2147483647 - 0.5 }
  return Float32Array.from({ length: count }, (_, i) => (uniform() + uniform() + uniform()) * (i % 97 === 0 ? 4 : 1))
}

function blockOf(values: Float32Array, i: number, columns: number, blockSize: number): readonly number[] {
  const row = Math.floor(i / columns)
  const from = i - ((i - row * columns) % blockSize)
  return [...values.subarray(from, Math.min(from + blockSize, (row + 1) * columns))]
}

/** Squared error of rounding to sixteen steps from the smallest to the largest value (zero among them). */
function evenSteps(block: readonly number[]): number {
  const low = Math.min(0, ...block)
  const step = (Math.max(0, ...block) - low) / 15
  const zero = Math.floor(-low / step)
  return block.reduce((sum, value) => sum + (step * (Math.max(0, Math.min(15, Math.round(value / step + zero))) - zero) - value) ** 2, 0)
}

describe('quantization in blocks', () => {
  it.each<[number, number, number]>([[1, 128, 128], [5, 96, 32], [3, 33, 16]])('with 8 bits, %i×%i in blocks of %i, is off by half a step at most', (rows, columns, blockSize) => {
    const values = weights(rows * columns)
    const restored = dequantized(quantizeRows(values, columns, blockSize, 8), columns, blockSize, 8)
    expect(restored).toHaveLength(values.length)
    for (const [i, value] of values.entries()) {
      const block = blockOf(values, i, columns, blockSize)
      expect(Math.abs((restored[i] ?? NaN) - value)).toBeLessThanOrEqual(Math.max(...block.map(Math.abs)) / 253.9)
    }
  })

  it.each<[number, number, number]>([[2, 64, 32], [7, 33, 16], [4, 96, 32], [1, 160, 32]])('with 4 bits, %i×%i in blocks of %i, errs no more than sixteen even steps would', (rows, columns, blockSize) => {
    const values = weights(rows * columns)
    const restored = dequantized(quantizeRows(values, columns, blockSize, 4), columns, blockSize, 4)
    expect(restored).toHaveLength(values.length)
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column += blockSize) {
        const from = row * columns + column
        const block = blockOf(values, from, columns, blockSize)
        const error = block.reduce((sum, value, i) => sum + ((restored[from + i] ?? NaN) - value) ** 2, 0)
        expect(error).toBeLessThanOrEqual(evenSteps(block) * 1.0001 + 1e-12)
      }
    }
  })

  it('with 4 bits gives sixteen even values back exactly, wherever zero is among them', () => {
    for (const offset of [0, 3, 8, 15]) {
      const values = Float32Array.from({ length: 16 }, (_, i) => (i - offset) / 4)
      expect(dequantized(quantizeRows(values, 16, 16, 4), 16, 16, 4)).toEqual([...values].map((value) => value + 0))
    }
  })

  it.each<Bits>([8, 4])('with %i bits keeps zeros as they are', (bits) => {
    const restored = dequantized(quantizeRows(new Float32Array(64), 64, 32, bits), 64, 32, bits)
    expect(restored.every((value) => value === 0)).toBe(true)
  })

  it.each<Bits>([8, 4])('with %i bits keeps what is too small for a scale finite', (bits) => {
    const restored = dequantized(quantizeRows(new Float32Array(32).fill(1e-45), 32, 32, bits), 32, 32, bits)
    expect(restored.every((value) => Math.abs(value) <= 1e-43)).toBe(true)
  })

  it.each([
    [768, 128, 128], [96, 128, 32], [48, 32, 16], [33, 128, 16], [64, 32, 32], [1, 32, 16],
  ] as const)('cuts rows of %i with a preference for %i into blocks of %i', (length, preferred, expected) => {
    expect(blockSizeFor(length, preferred)).toBe(expected)
  })
})

describe('transpose', () => {
  it.each([[1, 1], [2, 3], [33, 65], [64, 32]])('turns %i×%i', (rows, columns) => {
    const values = Float32Array.from({ length: rows * columns }, (_, i) => i)
    const turned = transpose(values, rows, columns)
    for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) expect(turned[c * rows + r]).toBe(r * columns + c)
  })
})

describe('transposeCodes', () => {
  it.each([[4, 4], [36, 68], [64, 32], [3, 8], [8, 5]])('turns %i×%i and moves them around 128', (rows, columns) => {
    const codes = Int8Array.from({ length: rows * columns }, (_, i) => ((i * 37) % 255) - 127)
    const turned = transposeCodes(codes, rows, columns)
    for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) expect(turned[c * rows + r]).toBe(128 + codes[r * columns + c]!)
  })

  it('takes codes that begin anywhere in their memory', () => {
    const codes = Int8Array.from({ length: 17 }, (_, i) => i).subarray(1)
    expect([...transposeCodes(codes, 4, 4).subarray(0, 5)]).toEqual([129, 133, 137, 141, 130])
  })
})
