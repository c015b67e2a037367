import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { InklingError } from '../base/errors'
import type { EngineFactory } from '../gan/ganEngine'
import { plainOperations } from './plainOperations'
import { TfjsEngine } from './tfjsEngine'

/** Engines on TensorFlow.js's plain JavaScript: slow, but they run everywhere. */
export const cpuEngineFactory: EngineFactory = async (description, state) => {
  // Otherwise its first use in Node prints an advertisement for tfjs-node.
  tf.enableProdMode()
  await tf.setBackend('cpu')
  // Naming the class keeps the backend in the bundle: it registers itself when it is loaded.
  if (!(tf.backend() instanceof MathBackendCPU)) throw InklingError.of('gan-backend-unavailable', { backend: 'cpu', reason: 'TensorFlow.js started another backend' })
  return new TfjsEngine('cpu', tf, 'cpu', plainOperations(tf), description, state)
}
