/** SIMD kernels for small dense networks. They own no memory: every address points into the heap of their caller. */
export { matmul, roomBytes } from './matmul'
export { adam, blend, columnSums, copyRows, tanh, tanhGradient } from './elementwise'
