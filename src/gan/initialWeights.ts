import { layout, type Network } from './network'
import type { Random } from './random'

/**
 * Keras's default start: kernels uniform in ±√(6 / (inputs + outputs)), biases zero (Glorot and Bengio, "Understanding
 * the difficulty of training deep feedforward neural networks", 2010, eq. 16).
 * @returns [parameterCount], float32, in the order of `layout`
 */
export function initialWeights(network: Network, random: Random): Float32Array {
  const { slots, size } = layout(network)
  const weights = new Float32Array(size)
  for (const { layer, kernel, bias } of slots) {
    const limit = Math.sqrt(6 / (layer.inputs + layer.outputs))
    for (let i = kernel; i < bias; i++) weights[i] = (2 * random.uniform() - 1) * limit
  }
  return weights
}
