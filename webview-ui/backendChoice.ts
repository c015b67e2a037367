import type { Backend } from '../src/gan/ganEngine'

/** What runs inside a webview, the likeliest first. */
export const measureOrder: readonly Backend[] = ['wasm', 'webgpu', 'webgl', 'cpu']

export function fastest(measured: readonly { readonly backend: Backend; readonly stepMs: number }[]): Backend | undefined {
  return measured.toSorted((a, b) => a.stepMs - b.stepMs)[0]?.backend
}

const names: Readonly<Record<Backend, string>> = {
  native: 'ONNX Runtime',
  'tfjs-node': 'TensorFlow',
  webgpu: 'WebGPU',
  webgl: 'WebGL',
  wasm: 'WebAssembly',
  cpu: 'JavaScript',
}

export function backendName(backend: Backend): string {
  return names[backend]
}
