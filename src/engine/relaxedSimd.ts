import * as v8 from 'node:v8'
import { knowsFusedKernels } from '../gan-tfjs/kernelFile'

/** Node 20 has relaxed SIMD behind a switch, later ones have it as it is. To be called before WebAssembly is compiled. */
export function allowRelaxedSimd(): void {
  if (!knowsFusedKernels() && process.versions.v8.startsWith('11.')) v8.setFlagsFromString('--experimental-wasm-relaxed-simd')
}
