import { elementBytes, type DataType } from './model'

/** Takes bytes for a place in the file of weights. */
export interface ByteSink {
  write(offset: number, bytes: Uint8Array): Promise<void>
}

/** A part of the weights: fetches what it needs, converts it, writes it, and forgets it. */
export interface WeightRecipe {
  /** Bytes it writes, for progress. */
  readonly sizeBytes: number
  write(sink: ByteSink): Promise<void>
}

/** A place in the file of weights. */
export interface WeightPlace {
  readonly offset: number
  readonly length: number
}

/** Weights begin at multiples of this, as vector instructions like it. */
const alignment = 64

/** What lies where in a file of weights, and how it gets there. Graphs that share a layout share the file. */
export class WeightsLayout {
  readonly recipes: WeightRecipe[] = []
  private readonly known = new Map<string, unknown>()
  private end = 0

  /** Bytes of the whole file. */
  get sizeBytes(): number {
    return this.end
  }

  /** Makes room. */
  place(type: DataType, shape: readonly number[]): WeightPlace {
    const offset = Math.ceil(this.end / alignment) * alignment
    const length = shape.reduce((product, size) => product * size, elementBytes[type])
    this.end = offset + length
    return { offset, length }
  }

  /** What `make` gave for `key` the first time: weights that several graphs want lie in the file once. */
  once<T>(key: string, make: () => T): T {
    // A key stands for one kind of thing.
    if (!this.known.has(key)) this.known.set(key, make())
    return this.known.get(key) as T
  }
}
