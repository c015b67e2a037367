import type { AdamRates } from '../../gan-tfjs/operations'
import { isSimdKernels, type SimdKernels } from '../../gan-tfjs/simdKernels'
import { webAssembly } from '../../base/webAssembly'
import type { EngineState, NetworkState } from '../../gan/ganEngine'
import type { NetworkName } from './graphNames'

const pageBytes = 65536

/** A network's weights, Adam's moments of them and their gradient, each in the order of `layout`. */
export interface LearntNetwork {
  readonly value: Float32Array
  readonly first: Float32Array
  readonly second: Float32Array
  readonly gradient: Float32Array
  updates: number
}

/**
 * All that a native engine learns, in one memory that ONNX Runtime reads and writes through views and that our kernels work
 * in: nothing is copied between the two.
 */
export class LearntMemory {
  readonly generator: LearntNetwork
  readonly discriminator: LearntNetwork
  readonly average: Float32Array

  private constructor(
    private readonly kernels: SimdKernels,
    buffer: ArrayBuffer,
    state: EngineState,
  ) {
    let at = 0
    const take = (from: Float32Array | number): Float32Array => {
      const size = typeof from === 'number' ? from : from.length
      const view = new Float32Array(buffer, at, size)
      if (typeof from !== 'number') view.set(from)
      at += aligned(size)
      return view
    }
    const network = ({ weights, firstMoment, secondMoment, updates }: NetworkState): LearntNetwork => ({ value: take(weights), first: take(firstMoment), second: take(secondMoment), gradient: take(weights.length), updates })
    this.generator = network(state.generator)
    this.discriminator = network(state.discriminator)
    this.average = take(state.average)
  }

  static async create(kernels: Uint8Array, state: EngineState): Promise<LearntMemory> {
    const bytes = 4 * aligned(state.generator.weights.length) + 4 * aligned(state.discriminator.weights.length) + aligned(state.average.length)
    const memory = new webAssembly.Memory({ initial: Math.ceil(bytes / pageBytes) })
    const { instance } = await webAssembly.instantiate(kernels.slice(), { env: { memory } })
    if (!isSimdKernels(instance.exports)) throw new Error('the kernels are not the expected ones')
    return new LearntMemory(instance.exports, memory.buffer, state)
  }

  /** One Adam update of a network with its gradient as it stands. */
  adam(network: NetworkName, { rate, beta1, beta2, epsilon }: AdamRates): void {
    const { value, first, second, gradient } = this[network]
    this.kernels.adam(value.byteOffset, first.byteOffset, second.byteOffset, gradient.byteOffset, value.length, rate, beta1, 1 - beta1, beta2, 1 - beta2, epsilon)
  }

  /** average ← keep · average + (1 - keep) · G's weights */
  followWithAverage(keep: number): void {
    this.kernels.blend(this.average.byteOffset, this.generator.value.byteOffset, this.average.length, keep, 1 - keep)
  }

  read(): EngineState {
    const network = (name: NetworkName): NetworkState => {
      const { value, first, second, updates } = this[name]
      return { weights: value.slice(), firstMoment: first.slice(), secondMoment: second.slice(), updates }
    }
    return { generator: network('generator'), discriminator: network('discriminator'), average: this.average.slice() }
  }

  write({ generator, discriminator, average }: EngineState): void {
    for (const [to, from] of [[this.generator, generator], [this.discriminator, discriminator]] as const) {
      to.value.set(from.weights)
      to.first.set(from.firstMoment)
      to.second.set(from.secondMoment)
      to.updates = from.updates
    }
    this.average.set(average)
  }
}

/** Bytes of so many floats, up to the next multiple of a cache line. */
function aligned(floats: number): number {
  return Math.ceil(floats / 16) * 64
}
