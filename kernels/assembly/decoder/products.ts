import { coarseRows } from './coarseProducts'
import { exactRow, exactRows, exactTwoRows } from './exactProducts'
import { fourRows } from './fourProducts'
import { activate } from './numbers'
import { stepRows } from './rows'
import { claim, field } from './threads'
import * as plan from './plan'

/** What is done with a product. */
export const put = 0
export const add = 1
/** Puts the activation function's value. */
export const activated = 2

/** A stage is cut into so many pieces for each thread: enough that one that comes late takes less, and few enough to be read in long runs. */
const piecesPerThread: usize = 4
/** Steps of the largest piece: who waits for the last one waits some microseconds. */
const largestPiece: usize = 16

/**
 * y[n, rows] = x · Wᵀ + bias, with the part of the rows that this thread gets hold of.
 * @param x codes of activations [n, columns] as `kind` says
 * @param xScales f32: one for a token, or one for each of its blocks; `xSums` likewise
 * @param matrix record with the addresses of codes, scales, zero points and bias
 * @param kind as in the plan
 * @param rows a multiple of 16
 * @param room of this thread's own: 256 bytes, and 64 for each block
 */
export function product(at: usize, x: usize, xScales: usize, xSums: usize, n: usize, matrix: usize, kind: usize, columns: usize, block: usize, rows: usize, y: usize, what: usize, room: usize): void {
  const steps = rows / stepRows
  const piece = min(largestPiece, max(1, steps / (field(at, plan.active) * piecesPerThread)))
  const codes = field(matrix, 0)
  const scales = field(matrix, plan.matrixScales)
  const zeros = field(matrix, plan.matrixZeros)
  const bias = field(matrix, plan.matrixBias)
  const adds = what == add
  const blocks = columns / block
  const yBytes = rows << 2
  for (;;) {
    const from = claim(at, piece)
    if (from >= steps) break
    const until = min(from + piece, steps)
    if (n == 1 && kind == plan.exact) {
      exactPiece(codes, scales, x, load<f32>(xScales), columns, block, from, until, y, bias, adds)
      if (what == activated) activate(y + ((from * stepRows) << 2), (until - from) * stepRows, field(at, plan.activation))
      continue
    }
    for (let step = from; step < until; step++) {
      const out = y + ((step * stepRows) << 2)
      const added = bias == 0 ? <usize>0 : bias + ((step * stepRows) << 2)
      if (kind == plan.four) fourRows(codes + step * columns * 8, scales + step * blocks * 32, zeros + step * blocks * 16, x, xScales, xSums, n, columns, block, out, yBytes, added, adds)
      else if (kind == plan.coarse) coarseRows(codes + step * columns * stepRows, scales + step * blocks * 64, x, xScales, xSums, n, columns, block, out, yBytes, added, adds, room)
      else exactRows(codes + step * columns * stepRows, scales + step * blocks * 64, x, xScales, n, columns, block, out, yBytes, added, adds, room)
      if (what == activated) for (let t: usize = 0; t < n; t++) activate(out + t * yBytes, stepRows, field(at, plan.activation))
    }
  }
}

/** One token's products with the rows of steps `from` to `until`, those of both halves side by side. */
function exactPiece(codes: usize, scales: usize, x: usize, xScale: f32, columns: usize, block: usize, from: usize, until: usize, y: usize, bias: usize, adds: bool): void {
  const stepBytes = columns * stepRows, scaleBytes = (columns / block) << 6, yBytes = stepRows << 2
  const half = (until - from) >> 1
  const middle = from + half
  for (let step = from; step < middle; step++) {
    exactTwoRows(codes + step * stepBytes, half * stepBytes, scales + step * scaleBytes, half * scaleBytes, x, xScale, columns, block, y + step * yBytes, half * yBytes, bias == 0 ? <usize>0 : bias + step * yBytes, adds)
  }
  const last = until - 1
  if (((until - from) & 1) != 0) exactRow(codes + last * stepBytes, scales + last * scaleBytes, x, xScale, columns, block, y + last * yBytes, bias == 0 ? <usize>0 : bias + last * yBytes, adds)
}
