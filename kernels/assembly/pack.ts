/**
 * Copies columns [column, column + width) of B[k, n] into `strip`, k rows of eight floats; what lacks to eight is zero.
 * Strides are in elements.
 */
export function packStrip(b: usize, bRow: usize, bColumn: usize, k: usize, column: usize, width: usize, strip: usize): void {
  if (width == 8 && bColumn == 1) packRows(b + (column << 2), bRow << 2, k, strip)
  else if (width == 8 && bRow == 1) packColumns(b + ((column * bColumn) << 2), bColumn << 2, k, strip)
  else packAny(b, bRow, bColumn, k, column, width, strip)
}

function packRows(from: usize, rowBytes: usize, k: usize, strip: usize): void {
  for (let i: usize = 0; i < k; i++) {
    v128.store(strip, v128.load(from))
    v128.store(strip, v128.load(from, 16), 16)
    strip += 32
    from += rowBytes
  }
}

/** B is transposed in memory: blocks of 4 × 4 are transposed on the way. */
function packColumns(from: usize, columnBytes: usize, k: usize, strip: usize): void {
  let i: usize = 0
  for (; i + 4 <= k; i += 4) {
    packBlock(from, columnBytes, strip)
    packBlock(from + (columnBytes << 2), columnBytes, strip + 16)
    from += 16
    strip += 128
  }
  for (; i < k; i++) {
    for (let q: usize = 0; q < 8; q++) store<f32>(strip + (q << 2), load<f32>(from + q * columnBytes))
    from += 4
    strip += 32
  }
}

// @ts-ignore: decorator
@inline
function packBlock(from: usize, columnBytes: usize, to: usize): void {
  const r0 = v128.load(from)
  const r1 = v128.load(from + columnBytes)
  const r2 = v128.load(from + 2 * columnBytes)
  const r3 = v128.load(from + 3 * columnBytes)
  const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5)
  const t1 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7)
  const t2 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5)
  const t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7)
  v128.store(to, v128.shuffle<f32>(t0, t2, 0, 1, 4, 5))
  v128.store(to, v128.shuffle<f32>(t0, t2, 2, 3, 6, 7), 32)
  v128.store(to, v128.shuffle<f32>(t1, t3, 0, 1, 4, 5), 64)
  v128.store(to, v128.shuffle<f32>(t1, t3, 2, 3, 6, 7), 96)
}

function packAny(b: usize, bRow: usize, bColumn: usize, k: usize, column: usize, width: usize, strip: usize): void {
  for (let i: usize = 0; i < k; i++) {
    for (let q: usize = 0; q < 8; q++) {
      store<f32>(strip + (q << 2), q < width ? load<f32>(b + ((i * bRow + (column + q) * bColumn) << 2)) : 0)
    }
    strip += 32
  }
}
