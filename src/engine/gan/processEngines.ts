import { createRequire } from 'node:module'
import * as util from 'node:util'
import { InklingError, reasonOf } from '../../base/errors'
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
  // It brings a second TensorFlow.js, which warns of every kernel that the first has registered.
  const { warn } = console
  console.warn = () => undefined
  try {
    const loaded: unknown = createRequire(__filename)('@tensorflow/tfjs-node')
    return loaded as TensorFlow
  } catch (error) {
    // What it says of a library that is not there is a path and advice for programmers.
    const [said = ''] = reasonOf(error).split('\n')
    const reason = /can ?not (be found|find module)/i.test(said) ? 'its native library is not installed' : said
    throw InklingError.of('gan-backend-unavailable', { backend: 'tfjs-node', reason }, error)
  } finally {
    console.warn = warn
  }
}
