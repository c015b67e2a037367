import { stepRows } from './rows'

/** Lays codes of 8 bits out as products read them: of every 16 rows, for each four columns, the four codes of each row, in the order 0, 2, 1, 3. */

/** @param from codes [rows, columns], rows and columns multiples of 16 */
export function arrangeRows(from: usize, rows: usize, columns: usize, to: usize): void {
  for (let row: usize = 0; row < rows; row++) {
    const lane = row % stepRows
    let at = to + (row - lane) * columns + (lane << 2)
    for (const end = from + columns; from < end; from += 16) {
      const codes = v128.load(from)
      const words = v128.shuffle<i8>(codes, codes, 0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15)
      v128.store32_lane(at, words, 0)
      v128.store32_lane(at, words, 1, 64)
      v128.store32_lane(at, words, 2, 128)
      v128.store32_lane(at, words, 3, 192)
      at += 256
    }
  }
}

/** @param from codes [columns, rows], rows a multiple of 16 and columns of 4 */
export function arrangeColumns(from: usize, rows: usize, columns: usize, to: usize): void {
  for (let group: usize = 0; group < rows; group += stepRows) {
    let at = from + group
    for (const end = at + rows * columns; at < end; at += rows << 2) {
      const a = v128.load(at), b = v128.load(at + rows), c = v128.load(at + rows * 2), d = v128.load(at + rows * 3)
      put32(to, interleave(a, c, false), interleave(b, d, false))
      put32(to + 32, interleave(a, c, true), interleave(b, d, true))
      to += 64
    }
  }
}

/** Of eight rows, two codes each in turn. */
@inline
function interleave(a: v128, b: v128, upper: bool): v128 {
  return upper
    ? v128.shuffle<i8>(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
    : v128.shuffle<i8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
}

@inline
function put32(to: usize, first: v128, second: v128): void {
  v128.store(to, v128.shuffle<i16>(first, second, 0, 8, 1, 9, 2, 10, 3, 11))
  v128.store(to, v128.shuffle<i16>(first, second, 4, 12, 5, 13, 6, 14, 7, 15), 16)
}
