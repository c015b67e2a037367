import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import type { TensorInfo } from '@tensorflow/tfjs-core'
import { InklingError } from '../base/errors'
import type { TensorFlow } from './operations'
import { webAssembly } from '../base/webAssembly'

/** The functions of kernels/assembly; addresses in bytes, sizes in floats. */
export interface SimdKernels {
  roomBytes(k: number): number
  matmul(m: number, n: number, k: number, a: number, aRow: number, aColumn: number, b: number, bRow: number, bColumn: number, c: number, bias: number, finish: number, slopeOf: number, alpha: number, room: number): void
  copyRows(from: number, fromWidth: number, to: number, toWidth: number, columns: number, rows: number): void
  columnSums(x: number, m: number, n: number, out: number): void
  adam(w: number, m: number, v: number, g: number, n: number, rate: number, keep1: number, take1: number, keep2: number, take2: number, epsilon: number): void
  blend(average: number, w: number, n: number, keep: number, take: number): void
  tanh(x: number, out: number, n: number): void
  tanhGradient(d: number, y: number, out: number, n: number): void
}

const kernelNames: readonly (keyof SimdKernels)[] = ['roomBytes', 'matmul', 'copyRows', 'columnSums', 'adam', 'blend', 'tanh', 'tanhGradient']

/** How a product is finished: see kernels/assembly/matmul.ts. */
export const finish = { none: 0, leaky: 1, slope: 2 } as const

/** Longest inner dimension that we have room for. */
const longestInner = 4096

/** Our kernels on the heap of TensorFlow.js's wasm backend. */
export class SimdHeap {
  private constructor(
    readonly backend: BackendWasm,
    readonly kernels: SimdKernels,
    /** Where a product packs its operands. */
    private readonly room: number,
  ) {}

  /** @throws InklingError `gan-backend-unavailable` */
  static async create(backend: BackendWasm, bytes: Uint8Array): Promise<SimdHeap> {
    const { memory, allocate } = heapOf(backend)
    const { instance } = await webAssembly.instantiate(bytes.slice(), { env: { memory } })
    if (!isSimdKernels(instance.exports)) throw unavailable('its kernels are not the expected ones')
    const kernels = instance.exports
    return new SimdHeap(backend, kernels, allocate(kernels.roomBytes(longestInner)))
  }

  /** Address of a tensor's first float. */
  at(tensor: TensorInfo): number {
    return this.backend.getMemoryOffset(tensor.dataId)
  }

  output(shape: number[]): TensorInfo {
    return this.backend.makeOutput(shape, 'float32')
  }

  /** Whether `product` takes these operands: single matrices of floats that there is room for. */
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
    const [aRow, aColumn] = transposeA ? [1, aColumns] : [aColumns, 1]
    const [bRow, bColumn] = transposeB ? [1, bColumns] : [bColumns, 1]
    this.kernels.matmul(m, n, k, this.at(a), aRow, aColumn, this.at(b), bRow, bColumn, this.at(out), bias ? this.at(bias) : 0, how, slopeOf ? this.at(slopeOf) : 0, alpha, this.room)
    return out
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
function heapOf(backend: BackendWasm): { readonly memory: object; readonly allocate: (size: number) => number } {
  const { asm, _malloc } = backend.wasm as unknown as { readonly asm?: { readonly memory?: unknown }; readonly _malloc?: (size: number) => number }
  if (!(asm?.memory instanceof webAssembly.Memory) || !_malloc) throw unavailable('TensorFlow.js does not show its memory')
  return { memory: asm.memory, allocate: _malloc }
}

/** Whether these are the functions of kernels/assembly. */
export function isSimdKernels(exports: object): exports is SimdKernels {
  return kernelNames.every((name) => typeof (exports as Readonly<Record<string, unknown>>)[name] === 'function')
}

function unavailable(reason: string): InklingError {
  return InklingError.of('gan-backend-unavailable', { backend: 'wasm', reason })
}
