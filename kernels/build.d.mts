/** Compiles the kernels to dist/kernels.wasm. @returns the module's bytes */
export function buildKernels(): Promise<Uint8Array>
