/** Columns of B that are packed together. */
export const stripWidth: usize = 16

/**
 * Copies columns [column, column + width) of B[k, n] into `strip`, k rows of sixteen floats; what lacks to sixteen is
 * zero. Strides are in elements.
 */
export function packStrip(b: usize, bRow: usize, bColumn: usize, k: usize, column: usize, width: usize, strip: usize): void {
  if (width == stripWidth && bColumn == 1) packRows(b + (column << 2), bRow << 2, k, strip)
  else if (width == stripWidth && bRow == 1) packColumns(b + ((column * bColumn) << 2), bColumn << 2, k, strip)
  else packAny(b, bRow, bColumn, k, column, width, strip)
}

function packRows(from: usize, rowBytes: usize, k: usize, strip: usize): void {
  for (let i: usize = 0; i < k; i++) {
    v128.store(strip, v128.load(from))
    v128.store(strip, v128.load(from, 16), 16)
    v128.store(strip, v128.load(from, 32), 32)
    v128.store(strip, v128.load(from, 48), 48)
    strip += 64
    from += rowBytes
  }
}

/** B is transposed in memory: blocks of 4 × 4 are transposed on the way. */
function packColumns(from: usize, columnBytes: usize, k: usize, strip: usize): void {
  let i: usize = 0
  for (; i + 4 <= k; i += 4) {
    for (let q: usize = 0; q < 4; q++) transposeBlock(from + q * (columnBytes << 2), columnBytes, strip + (q << 4), 64)
    from += 16
    strip += 256
  }
  for (; i < k; i++) {
    for (let q: usize = 0; q < stripWidth; q++) store<f32>(strip + (q << 2), load<f32>(from + q * columnBytes))
    from += 4
    strip += 64
  }
}

// @ts-ignore: decorator
@inline
function transposeBlock(from: usize, fromBytes: usize, to: usize, toBytes: usize): void {
  const r0 = v128.load(from)
  const r1 = v128.load(from + fromBytes)
  const r2 = v128.load(from + 2 * fromBytes)
  const r3 = v128.load(from + 3 * fromBytes)
  const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5)
  const t1 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7)
  const t2 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5)
  const t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7)
  v128.store(to, v128.shuffle<f32>(t0, t2, 0, 1, 4, 5))
  v128.store(to + toBytes, v128.shuffle<f32>(t0, t2, 2, 3, 6, 7))
  v128.store(to + 2 * toBytes, v128.shuffle<f32>(t1, t3, 0, 1, 4, 5))
  v128.store(to + 3 * toBytes, v128.shuffle<f32>(t1, t3, 2, 3, 6, 7))
}

function packAny(b: usize, bRow: usize, bColumn: usize, k: usize, column: usize, width: usize, strip: usize): void {
  for (let i: usize = 0; i < k; i++) {
    for (let q: usize = 0; q < stripWidth; q++) {
      store<f32>(strip + (q << 2), q < width ? load<f32>(b + ((i * bRow + (column + q) * bColumn) << 2)) : 0)
    }
    strip += 64
  }
}

/** to[columns, rows] = from[rows, columns] transposed. */
export function transpose(from: usize, rows: usize, columns: usize, to: usize): void {
  const fromBytes = columns << 2
  const toBytes = rows << 2
  for (let row: usize = 0; row < rows; row += 4) {
    const height = min<usize>(4, rows - row)
    for (let column: usize = 0; column < columns; column += 4) {
      const width = min<usize>(4, columns - column)
      const source = from + row * fromBytes + (column << 2)
      const target = to + column * toBytes + (row << 2)
      if (height == 4 && width == 4) transposeBlock(source, fromBytes, target, toBytes)
      else {
        for (let i: usize = 0; i < height; i++) {
          for (let q: usize = 0; q < width; q++) store<f32>(target + q * toBytes + (i << 2), load<f32>(source + i * fromBytes + (q << 2)))
        }
      }
    }
  }
}
