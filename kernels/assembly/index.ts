/** SIMD kernels for small dense networks. They own no memory: every address points into the heap of their caller. */
export { matmul } from './matmul'
export { transpose } from './pack'
export { adam, blend, columnSums, tanh, tanhGradient } from './elementwise'
