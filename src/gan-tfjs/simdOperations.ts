import type { NamedTensorMap, TensorInfo } from '@tensorflow/tfjs-core'
import { leakySlope } from '../gan/network'
import type { Operations, Tensor, TensorFlow } from './operations'
import { finish, type SimdHeap } from './simdKernels'

type Infos = Readonly<Record<string, TensorInfo>>
type Numbers = Readonly<Record<string, number>>

/** The operations of a step on our kernels, each known to TensorFlow.js as a kernel of its wasm backend. */
export function simdOperations(tf: TensorFlow, heap: SimdHeap): Operations {
  const { kernels } = heap
  /** @param body what it returns becomes the call's output; nothing when it writes in place */
  const define = (name: string, body: (inputs: Infos, numbers: Numbers) => TensorInfo | undefined): ((inputs: NamedTensorMap, numbers?: Numbers) => Tensor) => {
    const kernelName = `Inkling${name}`
    if (tf.getKernel(kernelName, 'wasm')) tf.unregisterKernel(kernelName, 'wasm')
    tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc: ({ inputs, attrs }) => body(inputs as Infos, attrs as unknown as Numbers) ?? [] })
    return (inputs, numbers = {}) => tf.engine().runKernel(kernelName, inputs, numbers)
  }
  const like = (x: TensorInfo, fill: (out: number, size: number) => void): TensorInfo => {
    const out = heap.output([...x.shape])
    fill(heap.at(out), sizeOf(x))
    return out
  }

  const dense = define('Dense', ({ x, kernel, bias }, { leaky }) => heap.product(known(x), known(kernel), false, false, known(bias), leaky ? finish.leaky : finish.none, undefined, leakySlope))
  const productOfTransposed = define('ProductOfTransposed', ({ a, b }) => heap.product(known(a), known(b), true, false))
  const productWithTransposed = define('ProductWithTransposed', ({ d, kernel, at }) => heap.product(known(d), known(kernel), false, true, undefined, at ? finish.slope : finish.none, at, leakySlope))
  const productAndSlope = define('ProductAndSlope', ({ x, kernel, at }) => heap.product(known(x), known(kernel), false, false, undefined, finish.slope, known(at), leakySlope))
  const part = define('Part', ({ x }, { row = 0, rows = 0, columns = 0 }) => {
    const width = known(x).shape[1] ?? 0
    const out = heap.output([rows, columns])
    kernels.copyRows(heap.at(known(x)) + row * width * 4, width, heap.at(out), columns, columns, rows)
    return out
  })
  const beside = define('Beside', ({ a, b }) => {
    const [rows = 0, left = 0] = known(a).shape
    const right = known(b).shape[1] ?? 0
    const out = heap.output([rows, left + right])
    kernels.copyRows(heap.at(known(a)), left, heap.at(out), left + right, left, rows)
    kernels.copyRows(heap.at(known(b)), right, heap.at(out) + left * 4, left + right, right, rows)
    return out
  })
  const columnSums = define('ColumnSums', ({ x }) => {
    const [rows = 0, columns = 0] = known(x).shape
    const out = heap.output([columns])
    kernels.columnSums(heap.at(known(x)), rows, columns, heap.at(out))
    return out
  })
  const tanh = define('Tanh', ({ x }) => like(known(x), (out, size) => kernels.tanh(heap.at(known(x)), out, size)))
  const tanhGradient = define('TanhGradient', ({ d, y }) => like(known(d), (out, size) => kernels.tanhGradient(heap.at(known(d)), heap.at(known(y)), out, size)))
  const adam = define('Adam', ({ value, first, second, gradient }, { rate = 0, beta1 = 0, beta2 = 0, epsilon = 0 }) => {
    kernels.adam(heap.at(known(value)), heap.at(known(first)), heap.at(known(second)), heap.at(known(gradient)), sizeOf(known(value)), rate, beta1, 1 - beta1, beta2, 1 - beta2, epsilon)
    return undefined
  })
  const blend = define('Blend', ({ average, value }, { keep = 0 }) => {
    kernels.blend(heap.at(known(average)), heap.at(known(value)), sizeOf(known(value)), keep, 1 - keep)
    return undefined
  })

  return {
    dense: (x, kernel, bias, leaky) => dense({ x, kernel, bias }, { leaky: leaky ? 1 : 0 }),
    productOfTransposed: (a, b) => productOfTransposed({ a, b }),
    productWithTransposed: (d, kernel, at) => productWithTransposed(at ? { d, kernel, at } : { d, kernel }),
    productAndSlope: (x, kernel, at) => productAndSlope({ x, kernel, at }),
    part: (x, row, rows, columns) => part({ x }, { row, rows, columns }),
    beside: (a, b) => beside({ a, b }),
    columnSums: (x) => columnSums({ x }),
    tanh: (x) => tanh({ x }),
    tanhGradient: (d, y) => tanhGradient({ d, y }),
    adam: ({ value, first, second }, gradient, rates) => void adam({ value, first, second, gradient }, { ...rates }),
    blend: (average, value, keep) => {
      blend({ average, value }, { keep })
      return average
    },
  }
}

/** TensorFlow.js hands a kernel the inputs it was called with. */
function known(info: TensorInfo | undefined): TensorInfo {
  if (!info) throw new Error('A kernel was called without one of its inputs')
  return info
}

function sizeOf({ shape }: TensorInfo): number {
  return shape.reduce((size, side) => size * side, 1)
}
