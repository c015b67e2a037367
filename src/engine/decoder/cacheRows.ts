import type { CacheTensor, DecoderGraph } from '../../library/decoderGraph'

/** Keys or values as the graph wants them: float32, or the bits of float16. */
export type Elements = Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>

/** Rows are made in steps of this many, so that a text that grows does not ask for new memory at every token. */
const step = 128

/**
 * Keys and values of `batch` texts of equal length: for each tensor of the graph [batch, heads, rows, headDim], packed.
 * The place of a row depends on how many rows there are, so taking rows away means packing anew.
 */
export class CacheRows {
  batch = 0
  rows = 0
  private buffers: Elements[] = []

  constructor(private readonly graph: DecoderGraph) {}

  /** Gives this cache another shape; what it held is lost. */
  shape(batch: number, rows: number): void {
    this.batch = batch
    this.rows = rows
    const roomy = Math.ceil(rows / step) * step
    this.graph.cache.forEach((tensor, i) => {
      const needed = batch * rowsSize(tensor, rows)
      if ((this.buffers[i]?.length ?? -1) < needed) this.buffers[i] = elements(this.graph, batch * rowsSize(tensor, roomy))
    })
  }

  /** One tensor as it is passed to the graph. */
  tensor(index: number): Elements {
    const { cache } = this.graph
    const [buffer, tensor] = [this.buffers[index], cache[index]]
    if (buffer === undefined || tensor === undefined) throw new Error('The cache has no such tensor')
    return buffer.subarray(0, this.batch * rowsSize(tensor, this.rows))
  }

  /** Copies the first `count` rows of text 0 of `source` into text `text` of this cache, which has its shape already. */
  copyPrefix(text: number, source: CacheRows, count: number): void {
    if (count === 0) return
    this.graph.cache.forEach(({ heads, headDim }, i) => {
      const [from, to] = [source.tensor(i), this.tensor(i)]
      for (let head = 0; head < heads; head++) {
        const begin = head * source.rows * headDim
        to.set(from.subarray(begin, begin + count * headDim), (text * heads + head) * this.rows * headDim)
      }
    })
  }

  /** Row `row` of a text: its heads one after another, for each tensor. */
  readRow(text: number, row: number): readonly Elements[] {
    return this.graph.cache.map(({ heads, headDim }, i) => {
      const all = this.tensor(i)
      const found = elements(this.graph, heads * headDim)
      for (let head = 0; head < heads; head++) {
        const begin = ((text * heads + head) * this.rows + row) * headDim
        found.set(all.subarray(begin, begin + headDim), head * headDim)
      }
      return found
    })
  }

  writeRow(text: number, row: number, values: readonly Elements[]): void {
    this.graph.cache.forEach(({ heads, headDim }, i) => {
      const all = this.tensor(i)
      for (let head = 0; head < heads; head++) {
        all.set((values[i] ?? all).subarray(head * headDim, (head + 1) * headDim), ((text * heads + head) * this.rows + row) * headDim)
      }
    })
  }

  release(): void {
    this.buffers = []
    this.batch = 0
    this.rows = 0
  }
}

/** Bytes that one token of one text takes in a cache. */
export function rowBytes({ cache, cacheType }: DecoderGraph): number {
  return cache.reduce((sum, { heads, headDim }) => sum + heads * headDim, 0) * (cacheType === 'float32' ? 4 : 2)
}

function rowsSize({ heads, headDim }: CacheTensor, rows: number): number {
  return heads * rows * headDim
}

function elements({ cacheType }: DecoderGraph, length: number): Elements {
  return cacheType === 'float32' ? new Float32Array(length) : new Uint16Array(length)
}
