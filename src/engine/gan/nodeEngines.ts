import { InklingError } from '../../base/errors'
import type { Backend, EngineFactory } from '../../gan/ganEngine'
import { cpuEngineFactory } from '../../gan-tfjs/cpuBackend'
import { wasmEngineFactory } from '../../gan-tfjs/wasmBackend'
import { processEngineFactory } from './processEngines'

/** The files of the wasm backend, read when they are needed. */
export interface WasmFiles {
  readonly tfjsWasm: () => Promise<Uint8Array>
  readonly kernels: () => Promise<Uint8Array>
}

/** Engines of the backends that run in Node. */
export function nodeEngineFactory(backend: Backend, files: WasmFiles): EngineFactory {
  switch (backend) {
    case 'native':
    case 'tfjs-node':
      return processEngineFactory(backend, files.kernels)
    case 'wasm':
      return async (description, state) => wasmEngineFactory(await files.tfjsWasm(), await files.kernels())(description, state)
    case 'cpu':
      return cpuEngineFactory
    case 'webgpu':
    case 'webgl':
      throw InklingError.of('gan-backend-unavailable', { backend, reason: 'it runs in the Studio only' })
  }
}
