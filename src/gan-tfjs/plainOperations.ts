import { leakySlope } from '../gan/network'
import type { Operations, Tensor, TensorFlow } from './operations'

/** The operations of a step in TensorFlow.js's own words: they run on every backend it has. */
export function plainOperations(tf: TensorFlow): Operations {
  const slope = (product: Tensor, at: Tensor): Tensor => tf.mul(product, tf.step(at, leakySlope))
  return {
    dense: (x, kernel, bias, leaky) =>
      leaky
        ? tf.fused.matMul({ a: x, b: kernel, bias, activation: 'leakyrelu', leakyreluAlpha: leakySlope })
        : tf.fused.matMul({ a: x, b: kernel, bias }),
    productOfTransposed: (a, b) => tf.matMul(a, b, true, false),
    productWithTransposed: (d, kernel, at) => {
      const product = tf.matMul(d, kernel, false, true)
      return at ? slope(product, at) : product
    },
    productAndSlope: (x, kernel, at) => slope(tf.matMul(x, kernel), at),
    part: (x, row, rows, columns) => tf.slice(x, [row, 0], [rows, columns]),
    beside: (a, b) => tf.concat([a, b], 1),
    columnSums: (x) => tf.sum(x, 0),
    tanh: (x) => tf.tanh(x),
    tanhGradient: (d, y) => tf.mul(d, tf.sub(1, tf.square(y))),
    adam: (parameter, gradient, { rate, beta1, beta2, epsilon }) => {
      const first = tf.add(tf.mul(parameter.first, beta1), tf.mul(gradient, 1 - beta1))
      const second = tf.add(tf.mul(parameter.second, beta2), tf.mul(tf.square(gradient), 1 - beta2))
      const value = tf.sub(parameter.value, tf.div(tf.mul(first, rate), tf.add(tf.sqrt(second), epsilon)))
      tf.dispose([parameter.value, parameter.first, parameter.second])
      parameter.value = tf.keep(value)
      parameter.first = tf.keep(first)
      parameter.second = tf.keep(second)
    },
    blend: (average, value, keep) => {
      const next = tf.keep(tf.add(tf.mul(average, keep), tf.mul(value, 1 - keep)))
      average.dispose()
      return next
    },
  }
}
