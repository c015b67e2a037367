/** Rows of A that are multiplied together. */
export const panelHeight: usize = 5
/** Columns of B that are multiplied together. */
export const stripWidth: usize = 8
/** Columns of B that are packed together: four lines of the cache of each row, since rows lie pages apart. */
export const packedColumns: usize = 8 * stripWidth

export const panelBytes: usize = panelHeight << 2
export const stripBytes: usize = stripWidth << 2

/**
 * Copies rows [row, row + 5) of A[m, k] into `panel`, k times five floats; what lacks to five rows is zero. A is read
 * through strides (in elements), one of which is 1.
 */
export function packPanel(a: usize, aRow: usize, aColumn: usize, m: usize, k: usize, row: usize, panel: usize): void {
  const from = a + ((row * aRow) << 2)
  const height = min<usize>(panelHeight, m - row)
  if (height < panelHeight) packLow(from, aRow << 2, aColumn << 2, k, height, panel)
  else if (aColumn == 1) packAcross(from, aRow << 2, k, panel)
  else packAlong(from, aColumn << 2, k, panel)
}

/** Each row of A lies together. */
function packAcross(from: usize, rowBytes: usize, k: usize, panel: usize): void {
  let i: usize = 0
  for (; i + 4 <= k; i += 4) {
    transposeBlock(from, rowBytes, panel, panelBytes)
    const last = v128.load(from + 4 * rowBytes)
    v128.store_lane<f32>(panel, last, 0, 16)
    v128.store_lane<f32>(panel, last, 1, 16 + panelBytes)
    v128.store_lane<f32>(panel, last, 2, 16 + 2 * panelBytes)
    v128.store_lane<f32>(panel, last, 3, 16 + 3 * panelBytes)
    from += 16
    panel += 4 * panelBytes
  }
  packLow(from, rowBytes, 4, k - i, panelHeight, panel)
}

/** The five rows of each column lie together. */
function packAlong(from: usize, columnBytes: usize, k: usize, panel: usize): void {
  for (let i: usize = 0; i < k; i++) {
    v128.store(panel, v128.load(from))
    store<f32>(panel, load<f32>(from, 16), 16)
    from += columnBytes
    panel += panelBytes
  }
}

function packLow(from: usize, rowBytes: usize, columnBytes: usize, k: usize, height: usize, panel: usize): void {
  for (let i: usize = 0; i < k; i++) {
    for (let r: usize = 0; r < panelHeight; r++) store<f32>(panel + (r << 2), r < height ? load<f32>(from + r * rowBytes) : 0)
    from += columnBytes
    panel += panelBytes
  }
}

/** Bytes from one strip to the next; a line more than it has, or all of them would share their places in the cache. */
export function stripDistance(k: usize): usize {
  return k * stripBytes + 64
}

/**
 * Copies columns [column, column + width) of B[k, n] into strips, each k rows of eight floats; what the last one lacks to
 * eight columns is zero. B is read through strides (in elements), one of which is 1.
 */
export function packStrips(b: usize, bRow: usize, bColumn: usize, k: usize, column: usize, width: usize, strips: usize): void {
  const from = b + ((column * bColumn) << 2)
  const whole = width / stripWidth
  if (bColumn == 1) packRows(from, bRow << 2, k, whole, strips)
  else packColumns(from, bColumn << 2, k, whole, strips)
  const done = whole * stripWidth
  if (done < width) packNarrow(from + ((done * bColumn) << 2), bRow << 2, bColumn << 2, k, width - done, strips + whole * stripDistance(k))
}

function packRows(from: usize, rowBytes: usize, k: usize, count: usize, strips: usize): void {
  const distance = stripDistance(k)
  for (let i: usize = 0; i < k; i++) {
    let to = strips
    for (let at = from, end = from + count * stripBytes; at < end; at += stripBytes) {
      v128.store(to, v128.load(at))
      v128.store(to, v128.load(at, 16), 16)
      to += distance
    }
    from += rowBytes
    strips += stripBytes
  }
}

/** B is transposed in memory. */
function packColumns(from: usize, columnBytes: usize, k: usize, count: usize, strips: usize): void {
  for (let strip: usize = 0; strip < count; strip++) {
    packColumnsOf(from, columnBytes, k, strips)
    from += stripWidth * columnBytes
    strips += stripDistance(k)
  }
}

/** Four columns at a time, so that each line is read once. */
function packColumnsOf(from: usize, columnBytes: usize, k: usize, strip: usize): void {
  let i: usize = 0
  for (; i + 16 <= k; i += 16) {
    for (let at = from, to = strip; to < strip + stripBytes; to += 16) {
      transposeBlock(at, columnBytes, to, stripBytes)
      transposeBlock(at + 16, columnBytes, to + 4 * stripBytes, stripBytes)
      transposeBlock(at + 32, columnBytes, to + 8 * stripBytes, stripBytes)
      transposeBlock(at + 48, columnBytes, to + 12 * stripBytes, stripBytes)
      at += 4 * columnBytes
    }
    from += 64
    strip += 16 * stripBytes
  }
  packNarrow(from, 4, columnBytes, k - i, stripWidth, strip)
}

function packNarrow(from: usize, rowBytes: usize, columnBytes: usize, k: usize, width: usize, strip: usize): void {
  for (let i: usize = 0; i < k; i++) {
    for (let q: usize = 0; q < stripWidth; q++) store<f32>(strip + (q << 2), q < width ? load<f32>(from + q * columnBytes) : 0)
    from += rowBytes
    strip += stripBytes
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
