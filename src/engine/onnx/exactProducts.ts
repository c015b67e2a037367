import { dataType } from '../../onnx/model'
import { GraphBuilder } from '../../onnx/graphBuilder'
import type { OnnxRuntime } from './runtime'

const length = 64
const most = { activation: 255, zero: 128, weight: 127 } as const

/**
 * Whether this processor multiplies 8-bit numbers without loss. Those without VNNI or the like (most x86 before 2019) add
 * two products in 16 bits, where large ones are cut off: what is made for whole numbers is wrong there.
 */
export async function multipliesExactly(ort: OnnxRuntime): Promise<boolean> {
  const graph = new GraphBuilder()
  const activations = graph.input('activations', dataType.uint8, [1, length])
  const weights = graph.input('weights', dataType.int8, [length, 1])
  const [one, zero] = [graph.scalar(1), graph.byte(most.zero)]
  graph.output(graph.msNode('MatMulIntegerToFloat', [activations, weights, one, one, zero], {}, 'product'), dataType.float, [1, 1])
  const session = await ort.InferenceSession.create(graph.encode(''), { intraOpNumThreads: 1, interOpNumThreads: 1 })
  try {
    const { product } = await session.run({
      activations: new ort.Tensor('uint8', new Uint8Array(length).fill(most.activation), [1, length]),
      weights: new ort.Tensor('int8', new Int8Array(length).fill(most.weight), [length, 1]),
    })
    return product?.data[0] === length * (most.activation - most.zero) * most.weight
  } finally {
    await session.release()
  }
}
