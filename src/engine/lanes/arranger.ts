import { webAssembly, type Memory, type Module } from '../../base/webAssembly'
import { bytesOf } from '../../gpt2/floats'
import type { LaneArranger } from '../../gpt2/lanes'
import type { ByteSink } from '../../onnx/weightsLayout'
import { begin, mostPages, pageBytes } from './laneMemory'

/** The functions of kernels/assembly/decoder/arrange.ts, from one address to another. */
interface Kernels {
  arrangeRows(from: number, rows: number, columns: number, to: number): void
  arrangeColumns(from: number, rows: number, columns: number, to: number): void
}

/** A decoder's memory, in which its weights are made. */
export interface LaneRoom {
  readonly memory: Memory<SharedArrayBuffer>
  /** Address of the weights' file. */
  readonly weights: number
  /** Behind it nothing is kept yet. */
  readonly end: number
}

/** Lays codes out with the decoder's kernels: a new model is read while its writer waits. */
export class WasmArranger implements LaneArranger {
  private constructor(private readonly memory: Memory<SharedArrayBuffer>, private readonly kernels: Kernels, private readonly room: LaneRoom | undefined) {}

  /**
   * @param module decoder.wasm
   * @param room where codes are put at once, whatever the sink; undefined hands them to the sink
   */
  static async open(module: Module, room?: LaneRoom): Promise<WasmArranger> {
    const memory = room?.memory ?? new webAssembly.Memory({ initial: 1, maximum: mostPages, shared: true })
    // Nobody waits for anybody here.
    const { exports } = await webAssembly.instantiate(module, { env: { memory, sleep: () => {}, wake: () => {} } })
    return new WasmArranger(memory, exports as unknown as Kernels, room)
  }

  fromRows(codes: Int8Array, columns: number, sink: ByteSink, offset: number): Promise<void> {
    return this.arrange(codes, sink, offset, (from, to) => this.kernels.arrangeRows(from, codes.length / columns, columns, to))
  }

  fromColumns(codes: Int8Array, rows: number, sink: ByteSink, offset: number): Promise<void> {
    return this.arrange(codes, sink, offset, (from, to) => this.kernels.arrangeColumns(from, rows, codes.length / rows, to))
  }

  /** @throws RangeError where there is no room */
  private async arrange(codes: Int8Array, sink: ByteSink, offset: number, arrange: (from: number, to: number) => void): Promise<void> {
    const from = pages(this.room?.end ?? begin) * pageBytes
    const behind = from + pages(codes.length) * pageBytes
    const to = this.room === undefined ? behind : this.room.weights + offset
    const missing = pages((this.room === undefined ? to + codes.length : behind) - this.memory.buffer.byteLength)
    if (missing > 0) this.memory.grow(missing)
    new Uint8Array(this.memory.buffer, from, codes.length).set(bytesOf(codes))
    arrange(from, to)
    if (this.room === undefined) await sink.write(offset, new Uint8Array(this.memory.buffer, to, codes.length))
  }
}

function pages(bytes: number): number {
  return Math.ceil(bytes / pageBytes)
}
