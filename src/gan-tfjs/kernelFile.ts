import { webAssembly } from '../base/webAssembly'

/** A module of one function: three vectors in, `f32x4.relaxed_madd` of them out. */
const probe = Uint8Array.of(
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x01, 0x60, 0x03, 0x7b, 0x7b, 0x7b, 0x01, 0x7b, 0x03, 0x02, 0x01, 0x00,
  0x0a, 0x0d, 0x01, 0x0b, 0x00, 0x20, 0x00, 0x20, 0x01, 0x20, 0x02, 0xfd, 0x85, 0x02, 0x0b,
)

/** Whether this engine knows relaxed SIMD, which has multiplication and addition as one instruction. */
export function knowsFusedKernels(): boolean {
  return webAssembly.validate(probe)
}

/** Which of the two builds of our kernels runs fastest here. */
export function kernelFile(): 'kernels-fused.wasm' | 'kernels.wasm' {
  return knowsFusedKernels() ? 'kernels-fused.wasm' : 'kernels.wasm'
}
