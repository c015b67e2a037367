import { describe, expect, it } from 'vitest'
import { blockSizeFor, quantizeRows, transpose, type Bits, type QuantizedRows } from '../../../src/gpt2/quantize'

/** What the operators make of the codes: scale · (code − 2^(bits−1)), without the filling. */
function dequantized({ codes, scales }: QuantizedRows, columns: number, blockSize: number, bits: Bits): number[] {
  const padded = Math.ceil(columns / blockSize) * blockSize
  const code = (i: number): number => (bits === 8 ? codes[i] ?? 0 : ((codes[i >> 1] ?? 0) >> (i % 2 === 0 ? 0 : 4)) & 15)
  const values = Array.from({ length: codes.length * (8 / bits) }, (_, i) => (scales[Math.floor(i / blockSize)] ?? 0) * (code(i) - 2 ** (bits - 1)))
  return values.filter((_, i) => i % padded < columns)
}

/** Numbers like weights: a sum of uniform ones, and now and then a large one. */
function weights(count: number): Float32Array {
  let state = 1
  const uniform = (): number => { state = (state * 48271) % 2147483647; return state / 2147483647 - 0.5 }
  return Float32Array.from({ length: count }, (_, i) => (uniform() + uniform() + uniform()) * (i % 97 === 0 ? 4 : 1))
}

describe('quantization in blocks', () => {
  it.each<[Bits, number, number, number, number]>([
    [8, 1, 128, 128, 1 / 254],
    [8, 5, 96, 32, 1 / 254],
    [8, 3, 33, 16, 1 / 254],
    [4, 2, 64, 32, 1 / 16],
    [4, 7, 33, 16, 1 / 16],
  ])('with %i bits, %i×%i in blocks of %i, is off by half a step at most', (bits, rows, columns, blockSize, halfStep) => {
    const values = weights(rows * columns)
    const restored = dequantized(quantizeRows(values, columns, blockSize, bits), columns, blockSize, bits)
    expect(restored).toHaveLength(values.length)
    const blocks = Math.ceil(columns / blockSize)
    for (let block = 0; block < rows * blocks; block++) {
      const row = Math.floor(block / blocks)
      const from = row * columns + (block % blocks) * blockSize
      const to = Math.min(from + blockSize, (row + 1) * columns)
      const largest = Math.max(...values.subarray(from, to).map(Math.abs))
      // With 4 bits the far end has one code less: there it may be a whole step.
      const bound = largest * halfStep * (bits === 4 ? 2 : 1) * 1.0001
      for (let i = from; i < to; i++) expect(Math.abs((restored[i] ?? NaN) - (values[i] ?? NaN))).toBeLessThanOrEqual(bound)
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
