import { describe, expect, it } from 'vitest'
import { LowerHalves, upperHalves } from '../../../src/gpt2/preview'
import { seededRandom } from '../../../src/language/random'

const rows = 32
const columns = 64

function drawn(count: number): Int8Array {
  const random = seededRandom(3)
  return Int8Array.from({ length: count }, () => Math.floor(random() * 256) - 128)
}

describe('the halves of codes', () => {
  it('are, of 16 rows, for every eight columns the upper ones of four and of four more', () => {
    const codes = drawn(rows * columns)
    const lanes = upperHalves(codes, columns)
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const group = row - (row % 16)
        const byte = lanes[(group * columns) / 2 + Math.floor(column / 8) * 64 + (row % 16) * 4 + (column % 4)] ?? 0
        expect(column % 8 < 4 ? byte & 15 : byte >> 4).toBe(Math.floor((codes[row * columns + column] ?? 0) / 16) + 8)
      }
    }
  })

  it('are lower ones with a mean and a variance for each column, also of codes that come in pieces', () => {
    const lower = new LowerHalves(2)
    lower.add(Int8Array.of(0, -1, 17, -16))
    lower.add(Int8Array.of(-128 + 5, 31))
    expect([...lower.moments()]).toEqual([2, 10, Math.fround(14 / 3), 50])
  })
})
