import { webAssembly, type Memory, type Module } from '../../base/webAssembly'
import { bytesOf } from '../../gpt2/floats'
import type { LaneArranger } from '../../gpt2/lanes'
import { begin, mostPages, pageBytes } from './laneMemory'

/** The functions of kernels/assembly/decoder/arrange.ts, from one address to another. */
interface Kernels {
  arrangeRows(from: number, rows: number, columns: number, to: number): void
  arrangeColumns(from: number, rows: number, columns: number, to: number): void
}

/** Lays codes out with the decoder's kernels: a new model is read while its writer waits. */
export class WasmArranger implements LaneArranger {
  private constructor(private readonly memory: Memory<SharedArrayBuffer>, private readonly kernels: Kernels) {}

  /** @param module decoder.wasm */
  static async open(module: Module): Promise<WasmArranger> {
    const memory = new webAssembly.Memory({ initial: 1, maximum: mostPages, shared: true })
    // Nobody waits for anybody here.
    const { exports } = await webAssembly.instantiate(module, { env: { memory, sleep: () => {}, wake: () => {} } })
    return new WasmArranger(memory, exports as unknown as Kernels)
  }

  fromRows(codes: Int8Array, columns: number): Uint8Array {
    return this.arranged(codes, (from, to) => this.kernels.arrangeRows(from, codes.length / columns, columns, to))
  }

  fromColumns(codes: Int8Array, rows: number): Uint8Array {
    return this.arranged(codes, (from, to) => this.kernels.arrangeColumns(from, rows, codes.length / rows, to))
  }

  /** @throws RangeError where there is no room for both */
  private arranged(codes: Int8Array, arrange: (from: number, to: number) => void): Uint8Array {
    const to = begin + Math.ceil(codes.length / pageBytes) * pageBytes
    const missing = Math.ceil((to + codes.length - this.memory.buffer.byteLength) / pageBytes)
    if (missing > 0) this.memory.grow(missing)
    new Uint8Array(this.memory.buffer, begin, codes.length).set(bytesOf(codes))
    arrange(begin, to)
    return new Uint8Array(this.memory.buffer, to, codes.length)
  }
}
