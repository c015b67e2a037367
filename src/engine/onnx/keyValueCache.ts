/** Rows to begin with: enough for a paragraph. */
const firstCapacity = 128

/**
 * Keys and values of past tokens: for each layer [capacity, heads, headDim], float32, row after row. Grows by doubling, so
 * that a short text does not pay for the longest possible.
 */
export class KeyValueCache {
  private keys: Float32Array[]
  private values: Float32Array[]
  private capacity = 0

  /** @param rowSize heads × headDim */
  constructor(layers: number, private readonly rowSize: number) {
    this.keys = Array.from({ length: layers }, () => new Float32Array(0))
    this.values = [...this.keys]
  }

  /** Makes room for `rows`; what is there stays. Views taken before are of the old memory. */
  reserve(rows: number): void {
    if (rows <= this.capacity) return
    this.capacity = Math.max(rows, 2 * this.capacity, firstCapacity)
    this.keys = this.keys.map((old) => this.enlarged(old))
    this.values = this.values.map((old) => this.enlarged(old))
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
    this.capacity = 0
  }

  private enlarged(old: Float32Array): Float32Array {
    const larger = new Float32Array(this.capacity * this.rowSize)
    larger.set(old)
    return larger
  }
}

function rowsOf(buffers: readonly Float32Array[], layer: number, from: number, to: number): Float32Array {
  const buffer = buffers[layer]
  if (!buffer) throw new Error('The key/value cache was released')
  return buffer.subarray(from, to)
}
