import { createRequire } from 'node:module'
import * as util from 'node:util'
import { InklingError } from '../../base/errors'
import type { EngineFactory, ProcessBackend } from '../../gan/ganEngine'
import type { TensorFlow } from '../../gan-tfjs/operations'
import { plainOperations } from '../../gan-tfjs/plainOperations'
import { TfjsEngine } from '../../gan-tfjs/tfjsEngine'
import { nativeEngineFactory } from './nativeEngine'

/** Engines of the backends that need native code, and therefore a process. @param kernels our wasm kernels */
export function processEngineFactory(backend: ProcessBackend, kernels: () => Promise<Uint8Array>): EngineFactory {
  switch (backend) {
    case 'native':
      return nativeEngineFactory(kernels)
    case 'tfjs-node':
      return tfjsNodeEngineFactory
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
