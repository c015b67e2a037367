import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import type { TensorInfo } from '@tensorflow/tfjs-core'
import { InklingError } from '../base/errors'
import type { TensorFlow } from './operations'
import { webAssembly } from './webAssembly'

/** The functions of kernels/assembly; addresses in bytes, sizes in floats. */
export interface SimdKernels {
  matmul(m: number, n: number, k: number, a: number, b: number, bRow: number, bColumn: number, c: number, bias: number, finish: number, slopeOf: number, alpha: number, strip: number): void
  transpose(from: number, rows: number, columns: number, to: number): void
  columnSums(x: number, m: number, n: number, out: number): void
  adam(w: number, m: number, v: number, g: number, n: number, rate: number, keep1: number, take1: number, keep2: number, take2: number, epsilon: number): void
  blend(average: number, w: number, n: number, keep: number, take: number): void
  tanh(x: number, out: number, n: number): void
  tanhGradient(d: number, y: number, out: number, n: number): void
}

const kernelNames: readonly (keyof SimdKernels)[] = ['matmul', 'transpose', 'columnSums', 'adam', 'blend', 'tanh', 'tanhGradient']

/** How a product is finished: see kernels/assembly/matmul.ts. */
export const finish = { none: 0, leaky: 1, slope: 2 } as const

/** Longest inner dimension whose strip of sixteen columns we hold. */
const longestInner = 4096

/** Our kernels on the heap of TensorFlow.js's wasm backend. */
export class SimdHeap {
  /** Where one transposed operand finds room; grows with the largest. */
  private room = 0
  private roomSize = 0

  private constructor(
    readonly backend: BackendWasm,
    readonly kernels: SimdKernels,
    private readonly allocate: (size: number) => number,
    private readonly free: (address: number) => void,
    private readonly strip: number,
  ) {}

  /** @throws InklingError `gan-backend-unavailable` */
  static async create(backend: BackendWasm, bytes: Uint8Array): Promise<SimdHeap> {
    const { memory, allocate, free } = heapOf(backend)
    const { instance } = await webAssembly.instantiate(bytes.slice(), { env: { memory } })
    if (!isSimdKernels(instance.exports)) throw unavailable('its kernels are not the expected ones')
    // Three rows more than the strip has, and one for the alignment: see kernels/assembly/matmul.ts.
    const block = allocate((longestInner + 4) * 64)
    return new SimdHeap(backend, instance.exports, allocate, free, (block + 15) & ~15)
  }

  /** Address of a tensor's first float. */
  at(tensor: TensorInfo): number {
    return this.backend.getMemoryOffset(tensor.dataId)
  }

  output(shape: number[]): TensorInfo {
    return this.backend.makeOutput(shape, 'float32')
  }

  /** Whether `product` takes these operands: single matrices of floats that fit the strip. */
  takes(a: TensorInfo, b: TensorInfo, transposeA: boolean): boolean {
    const inner = (transposeA ? a.shape.at(-2) : a.shape.at(-1)) ?? 0
    const single = (shape: readonly number[]): boolean => shape.length >= 2 && shape.slice(0, -2).every((size) => size === 1)
    return a.dtype === 'float32' && b.dtype === 'float32' && single(a.shape) && single(b.shape) && inner > 0 && inner <= longestInner
  }

  /** op(a) · op(b) + bias, finished. Leading dimensions of size 1 are kept, as many as the longer operand has. */
  product(a: TensorInfo, b: TensorInfo, transposeA: boolean, transposeB: boolean, bias?: TensorInfo, how: number = finish.none, slopeOf?: TensorInfo, alpha = 0): TensorInfo {
    const [aRows = 1, aColumns = 1] = a.shape.slice(-2)
    const [bRows = 1, bColumns = 1] = b.shape.slice(-2)
    const [m, k] = transposeA ? [aColumns, aRows] : [aRows, aColumns]
    const n = transposeB ? bRows : bColumns
    const lead = a.shape.length >= b.shape.length ? a.shape.slice(0, -2) : b.shape.slice(0, -2)
    const out = this.output([...lead, m, n])
    const [bRow, bColumn] = transposeB ? [1, bColumns] : [bColumns, 1]
    this.kernels.matmul(m, n, k, transposeA ? this.transposed(a, aRows, aColumns) : this.at(a), this.at(b), bRow, bColumn, this.at(out), bias ? this.at(bias) : 0, how, slopeOf ? this.at(slopeOf) : 0, alpha, this.strip)
    return out
  }

  /** A copy of a[rows, columns] that is read along its columns: they lie far apart, and every strip of a product reads them all. */
  private transposed(a: TensorInfo, rows: number, columns: number): number {
    const size = rows * columns * 4
    if (size > this.roomSize) {
      this.free(this.room)
      this.room = this.allocate(size)
      this.roomSize = size
    }
    this.kernels.transpose(this.at(a), rows, columns, this.room)
    return this.room
  }
}

interface MatMulAttributes {
  readonly transposeA: boolean
  readonly transposeB: boolean
  readonly activation?: string | null
  readonly leakyreluAlpha?: number
}

/**
 * Puts our product in the place of the wasm backend's own, for everything that TensorFlow.js does on it. What ours does
 * not take goes to the stock kernel.
 */
export function registerProducts(tf: TensorFlow, heap: SimdHeap): void {
  for (const kernelName of ['BatchMatMul', '_FusedMatMul']) {
    const stock = tf.getKernel(kernelName, 'wasm')
    tf.unregisterKernel(kernelName, 'wasm')
    tf.registerKernel({
      ...stock,
      kernelFunc: (call) => {
        const { a, b, bias, preluActivationWeights } = call.inputs
        const { transposeA, transposeB, activation, leakyreluAlpha } = call.attrs as unknown as MatMulAttributes
        const how = !activation || activation === 'linear' ? finish.none : activation === 'leakyrelu' ? finish.leaky : undefined
        const alpha = leakyreluAlpha ?? 0
        const n = (transposeB ? b?.shape.at(-2) : b?.shape.at(-1)) ?? 0
        const plainBias = !bias || (bias.dtype === 'float32' && bias.shape.reduce((size, side) => size * side, 1) === n)
        // The rectifier is computed as a maximum, which is right for slopes from 0 to 1 only.
        if (!a || !b || how === undefined || preluActivationWeights || !plainBias || alpha < 0 || alpha > 1 || !heap.takes(a, b, transposeA)) return stock.kernelFunc(call)
        return heap.product(a, b, transposeA, transposeB, bias, how, undefined, alpha)
      },
    })
  }
}

/** Emscripten keeps its memory and its allocator where its types do not say. */
function heapOf(backend: BackendWasm): { readonly memory: object; readonly allocate: (size: number) => number; readonly free: (address: number) => void } {
  const { asm, _malloc, _free } = backend.wasm as unknown as { readonly asm?: { readonly memory?: unknown }; readonly _malloc?: (size: number) => number; readonly _free?: (address: number) => void }
  if (!(asm?.memory instanceof webAssembly.Memory) || !_malloc || !_free) throw unavailable('TensorFlow.js does not show its memory')
  return { memory: asm.memory, allocate: _malloc, free: _free }
}

/** Whether these are the functions of kernels/assembly. */
export function isSimdKernels(exports: object): exports is SimdKernels {
  return kernelNames.every((name) => typeof (exports as Readonly<Record<string, unknown>>)[name] === 'function')
}

function unavailable(reason: string): InklingError {
  return InklingError.of('gan-backend-unavailable', { backend: 'wasm', reason })
}
