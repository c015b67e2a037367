import { createRequire } from 'node:module'
import * as util from 'node:util'
import { InklingError } from '../../base/errors'
import type { Backend, EngineFactory } from '../../gan/ganEngine'
import { cpuEngineFactory } from '../../gan-tfjs/cpuBackend'
import type { TensorFlow } from '../../gan-tfjs/operations'
import { plainOperations } from '../../gan-tfjs/plainOperations'
import { TfjsEngine } from '../../gan-tfjs/tfjsEngine'
import { wasmEngineFactory } from '../../gan-tfjs/wasmBackend'
import { nativeEngineFactory } from './nativeEngine'

/** The files of the wasm backend, read when they are needed. */
export interface WasmFiles {
  readonly tfjsWasm: () => Promise<Uint8Array>
  readonly kernels: () => Promise<Uint8Array>
}

/** Engines of the backends that run in Node. */
export function nodeEngineFactory(backend: Backend, files: WasmFiles): EngineFactory {
  switch (backend) {
    case 'native':
      return nativeEngineFactory()
    case 'wasm':
      return async (description, state) => wasmEngineFactory(await files.tfjsWasm(), await files.kernels())(description, state)
    case 'tfjs-node':
      return tfjsNodeEngineFactory
    case 'cpu':
      return cpuEngineFactory
    case 'webgpu':
    case 'webgl':
      throw InklingError.of('gan-backend-unavailable', { backend, reason: 'it runs in the Studio only' })
  }
}

/** TensorFlow's own library behind TensorFlow.js, where the user has installed it. */
const tfjsNodeEngineFactory: EngineFactory = async (description, state) => {
  const tf = loadTfjsNode()
  await tf.setBackend('tensorflow')
  return new TfjsEngine('tfjs-node', tf, 'tensorflow', plainOperations(tf), description, state)
}

function loadTfjsNode(): TensorFlow {
  // Its last version still calls two helpers that Node 23 took away.
  const helpers = util as unknown as Record<string, unknown>
  helpers['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined
  helpers['isArray'] ??= Array.isArray
  try {
    const loaded: unknown = createRequire(__filename)('@tensorflow/tfjs-node')
    return loaded as TensorFlow
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? error.message) : String(error)
    throw InklingError.of('gan-backend-unavailable', { backend: 'tfjs-node', reason }, error)
  }
}
