/** The same kernels for every engine, and for those that know relaxed SIMD. */
export const kernelBuilds: readonly ['kernels.wasm', 'kernels-fused.wasm']

/** Compiles those of the GAN to dist/. */
export function buildKernels(): Promise<void>

/** Compiles that of GPT-2 to dist/decoder.wasm. */
export function buildDecoder(): Promise<void>
