import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import type { EngineFactory } from '../gan/ganEngine'
import { plainOperations } from './plainOperations'
import { TfjsEngine } from './tfjsEngine'

/** Engines on TensorFlow.js's plain JavaScript: slow, but they run everywhere. */
export const cpuEngineFactory: EngineFactory = async (description, state) => {
  await tf.setBackend('cpu')
  return new TfjsEngine('cpu', tf, 'cpu', plainOperations(tf), description, state)
}
