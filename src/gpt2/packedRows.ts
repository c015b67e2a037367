import { InklingError } from '../base/errors'
import type { Safetensors } from './safetensors'

/**
 * Matrices packed in 8 bits, for a model that must be small on disk: a tensor of type I8 under its usual name and shape
 * [rows, columns], and beside it `NAME.scales` with one factor for each block of it: [rows, columns / block] where blocks
 * lie along rows, [rows / block, columns] where they lie along columns. value = code · scale. A model whose blocks are those of
 * `quantizeRows` runs on the very numbers that it was packed with.
 */
export function isPacked(file: Safetensors, name: string): boolean {
  return file.type(name) === 'I8' && file.has(scalesOf(name))
}

/** Rows of a packed matrix, as they are stored. */
export interface PackedRows {
  /** [rows, columns] */
  readonly codes: Int8Array
  /** [⌈rows / blockRows⌉, columns / blockColumns] */
  readonly scales: Float32Array
  /** How many rows and columns share a scale: one of the two is 1. */
  readonly blockRows: number
  readonly blockColumns: number
}

/**
 * Rows `from` to `to` of a packed matrix.
 * @returns their values [to - from, columns], float32
 * @throws InklingError `model-tensor-shape` (scales that do not divide the matrix into blocks), `model-file-broken`
 */
export async function packedRows(file: Safetensors, name: string, from: number, to: number): Promise<Float32Array> {
  const { codes, scales, blockRows, blockColumns } = await readPacked(file, name, from, to)
  const values = new Float32Array(codes.length)
  const columns = codes.length / (to - from)
  const perRow = columns / blockColumns
  const firstBlock = Math.floor(from / blockRows)
  for (let row = from, at = 0; row < to; row++) {
    const scaleRow = (Math.floor(row / blockRows) - firstBlock) * perRow
    for (let block = 0; block < perRow; block++) {
      const scale = scales[scaleRow + block] ?? 0
      for (const end = at + blockColumns; at < end; at++) values[at] = (codes[at] ?? 0) * scale
    }
  }
  return values
}

/** The same, without unpacking. @throws as `packedRows` */
export async function readPacked(file: Safetensors, name: string, from: number, to: number): Promise<PackedRows> {
  const { blockRows, blockColumns } = blocksOf(file, name)
  const scales = await file.rows(scalesOf(name), Math.floor(from / blockRows), Math.ceil(to / blockRows))
  return { codes: await file.codes(name, from, to), scales, blockRows, blockColumns }
}

function scalesOf(name: string): string {
  return `${name}.scales`
}

function blocksOf(file: Safetensors, name: string): { blockRows: number; blockColumns: number } {
  const [rows = 0, columns = 0] = file.shape(name) ?? []
  const scales = file.shape(scalesOf(name)) ?? []
  const [down = 0, across = 0] = scales
  const fits = scales.length === 2 && down > 0 && across > 0 && rows % down === 0 && columns % across === 0 && (down === rows || across === columns)
  if (!fits) {
    throw InklingError.of('model-tensor-shape', { tensor: scalesOf(name), shape: `[${scales.slice(0, 8).join(', ')}]`, expected: `blocks of [${rows}, ${columns}]` })
  }
  return { blockRows: rows / down, blockColumns: columns / across }
}
