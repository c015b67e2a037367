import { dataType } from '../../onnx/model'
import { GraphBuilder } from '../../onnx/graphBuilder'
import type { OnnxRuntime } from './runtime'

const length = 64
const activation = { most: 255, zero: 128 } as const

/** Two products of weights of seven bits with activations of eight come just below 32,768. */
const candidates = [127, 64] as const

/**
 * The largest weight up to which this processor multiplies 8-bit numbers without loss; undefined where there is none. Those
 * without VNNI or the like (most x86 before 2019, AMD's before 2022) add two products in 16 bits, where large ones are cut off:
 * there weights may have seven bits.
 */
export async function largestExactWeight(ort: OnnxRuntime): Promise<number | undefined> {
  const graph = new GraphBuilder()
  const activations = graph.input('activations', dataType.uint8, [1, length])
  const weights = graph.input('weights', dataType.int8, [length, 1])
  const [one, zero] = [graph.scalar(1), graph.byte(activation.zero)]
  graph.output(graph.msNode('MatMulIntegerToFloat', [activations, weights, one, one, zero], {}, 'product'), dataType.float, [1, 1])
  const session = await ort.InferenceSession.create(graph.encode(''), { intraOpNumThreads: 1, interOpNumThreads: 1 })
  try {
    for (const weight of candidates) {
      const { product } = await session.run({
        activations: new ort.Tensor('uint8', new Uint8Array(length).fill(activation.most), [1, length]),
        weights: new ort.Tensor('int8', new Int8Array(length).fill(weight), [length, 1]),
      })
      if (product?.data[0] === length * (activation.most - activation.zero) * weight) return weight
    }
    return undefined
  } finally {
    await session.release()
  }
}
