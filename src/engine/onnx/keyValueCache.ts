/** Rows are added in steps of so many: a few hundred kilobytes for each layer. */
const stepRows = 64

/** Addresses are set aside for no more rows than this, whatever a configuration says; beyond it growing copies. */
const mostExpectedRows = 8192

/** A buffer that grows where it lies; the language has it (ES2024, Node 20), our library of types not yet. */
interface GrowingBuffer extends ArrayBuffer {
  readonly maxByteLength: number
  resize(byteLength: number): void
}

/**
 * Keys and values of past tokens: for each layer [rows, heads, headDim], float32, row after row. The addresses for a whole
 * context are set aside at once and memory is taken as rows come, so that nothing is ever copied or left behind.
 */
export class KeyValueCache {
  private keys: Float32Array[]
  private values: Float32Array[]

  /**
   * @param rowSize heads × headDim
   * @param expectedRows as many as there usually are at the most
   */
  constructor(layers: number, private readonly rowSize: number, expectedRows: number) {
    const mostFloats = Math.min(expectedRows, mostExpectedRows) * rowSize
    this.keys = Array.from({ length: layers }, () => emptyRows(mostFloats))
    this.values = this.keys.map(() => emptyRows(mostFloats))
  }

  /** Makes room for `rows`; what is there stays. Views taken before may be of old memory. */
  reserve(rows: number): void {
    if (rows * this.rowSize <= (this.keys[0]?.length ?? 0)) return
    const size = Math.ceil(rows / stepRows) * stepRows * this.rowSize
    this.keys = this.keys.map((old) => enlarged(old, size))
    this.values = this.values.map((old) => enlarged(old, size))
  }

  /** Rows `from` to `to` of the keys of `layer`, as a view. */
  keyRows(layer: number, from: number, to: number): Float32Array {
    return rowsOf(this.keys, layer, from * this.rowSize, to * this.rowSize)
  }

  /** Rows `from` to `to` of the values of `layer`, as a view. */
  valueRows(layer: number, from: number, to: number): Float32Array {
    return rowsOf(this.values, layer, from * this.rowSize, to * this.rowSize)
  }

  release(): void {
    this.keys = []
    this.values = []
  }
}

/** @param mostFloats how far it can grow */
function emptyRows(mostFloats: number): Float32Array {
  const Growing = ArrayBuffer as unknown as new (byteLength: number, options: { maxByteLength: number }) => GrowingBuffer
  return new Float32Array(new Growing(0, { maxByteLength: 4 * mostFloats }))
}

function enlarged(rows: Float32Array, floats: number): Float32Array {
  const buffer = rows.buffer as GrowingBuffer
  if (4 * floats <= buffer.maxByteLength) {
    buffer.resize(4 * floats)
    return rows
  }
  const larger = emptyRows(2 * floats)
  ;(larger.buffer as GrowingBuffer).resize(4 * floats)
  larger.set(rows)
  return larger
}

function rowsOf(buffers: readonly Float32Array[], layer: number, from: number, to: number): Float32Array {
  const buffer = buffers[layer]
  if (!buffer) throw new Error('The key/value cache was released')
  return buffer.subarray(from, to)
}
