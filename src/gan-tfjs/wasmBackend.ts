import { BackendWasm, setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import { InklingError, reasonOf } from '../base/errors'
import type { EngineFactory } from '../gan/ganEngine'
import { plainOperations } from './plainOperations'
import { registerProducts, SimdHeap } from './simdKernels'
import { simdOperations } from './simdOperations'
import { TfjsEngine } from './tfjsEngine'

let starting: Promise<SimdHeap | undefined> | undefined

/**
 * TensorFlow.js's wasm backend from bytes at hand, without a network: a worker in a webview cannot fetch. Once per
 * process; later calls get what the first one started.
 * @param kernels our kernels; without them everything runs on the stock ones
 * @throws InklingError `gan-backend-unavailable`
 */
export function startWasm(tfjsWasm: Uint8Array, kernels: Uint8Array | undefined): Promise<SimdHeap | undefined> {
  starting ??= start(tfjsWasm, kernels).catch((error: unknown) => {
    starting = undefined
    throw error instanceof InklingError ? error : InklingError.of('gan-backend-unavailable', { backend: 'wasm', reason: reasonOf(error) }, error)
  })
  return starting
}

/** Engines on the wasm backend. */
export function wasmEngineFactory(tfjsWasm: Uint8Array, kernels: Uint8Array | undefined): EngineFactory {
  return async (description, state) => {
    const heap = await startWasm(tfjsWasm, kernels)
    await tf.setBackend('wasm')
    return new TfjsEngine('wasm', tf, 'wasm', heap ? simdOperations(tf, heap) : plainOperations(tf), description, state)
  }
}

async function start(tfjsWasm: Uint8Array, kernels: Uint8Array | undefined): Promise<SimdHeap | undefined> {
  const environment = tf.env()
  // Our kernels need a memory that is not shared; pages that could share it are not what a webview is.
  environment.set('WASM_HAS_MULTITHREAD_SUPPORT', false)
  if (!(await environment.getAsync('WASM_HAS_SIMD_SUPPORT'))) throw new Error('this machine has no WebAssembly SIMD')
  const { platform } = environment
  // The backend asks the platform to fetch its wasm file: for that one question the platform answers from memory.
  const fetch = platform.fetch.bind(platform)
  platform.fetch = () => Promise.resolve(new Response(tfjsWasm.slice()))
  setWasmPaths('from-memory/', true)
  try {
    if (!(await tf.setBackend('wasm'))) throw new Error('TensorFlow.js could not start it')
  } finally {
    platform.fetch = fetch
  }
  const backend = tf.backend()
  if (!(backend instanceof BackendWasm)) throw new Error('TensorFlow.js started another backend')
  if (!kernels) return undefined
  const heap = await SimdHeap.create(backend, kernels)
  registerProducts(tf, heap)
  return heap
}
