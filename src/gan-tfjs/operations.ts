import type * as tfjs from '@tensorflow/tfjs-core'

/** The TensorFlow.js that computes, handed in: tfjs-node brings a copy of its own. */
export type TensorFlow = typeof tfjs
export type Tensor = tfjs.Tensor

/** A learnt tensor and Adam's moments of it, all of one shape. The tensors are owned by whoever holds this. */
export interface Parameter {
  value: Tensor
  first: Tensor
  second: Tensor
}

export interface AdamRates {
  /** Learning rate with the bias correction of this update. */
  readonly rate: number
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
}

/**
 * The few operations that the training step is made of. Written once in TensorFlow.js for every backend, and once more
 * on our own kernels for wasm. All tensors are float32.
 */
export interface Operations {
  /** x[m, k] · kernel[k, n] + bias[n], through the leaky rectifier when `leaky`. */
  dense(x: Tensor, kernel: Tensor, bias: Tensor, leaky: boolean): Tensor
  /** aᵀ · b for a[k, m], b[k, n]: the gradient of a kernel. */
  productOfTransposed(a: Tensor, b: Tensor): Tensor
  /** d[m, n] · kernel[k, n]ᵀ, times the leaky rectifier's slope at `at`[m, k] when given: the way back through a layer. */
  productWithTransposed(d: Tensor, kernel: Tensor, at: Tensor | undefined): Tensor
  /** x[m, k] · kernel[k, n] times the leaky rectifier's slope at `at`[m, n]: the penalty's way forward again. */
  productAndSlope(x: Tensor, kernel: Tensor, at: Tensor): Tensor
  /** The first `columns` columns of rows [row, row + rows) of x[m, n]. */
  part(x: Tensor, row: number, rows: number, columns: number): Tensor
  /** a[m, p] and b[m, q] side by side: [m, p + q]. */
  beside(a: Tensor, b: Tensor): Tensor
  /** x[m, n] → [n] */
  columnSums(x: Tensor): Tensor
  tanh(x: Tensor): Tensor
  /** d · (1 - y²) for y = tanh(x) */
  tanhGradient(d: Tensor, y: Tensor): Tensor
  /** Moves a parameter against its gradient; its tensors are replaced or overwritten. */
  adam(parameter: Parameter, gradient: Tensor, rates: AdamRates): void
  /** keep · average + (1 - keep) · value; `average` must not be used afterwards. */
  blend(average: Tensor, value: Tensor, keep: number): Tensor
}
