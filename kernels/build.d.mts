/** The same kernels for every engine, and for those that know relaxed SIMD. */
export const kernelBuilds: readonly ['kernels.wasm', 'kernels-fused.wasm']

/** Compiles the kernels to dist/. */
export function buildKernels(): Promise<void>
