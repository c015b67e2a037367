import { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl'
import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import * as tf from '@tensorflow/tfjs-core'
import { InklingError, reasonOf } from '../../src/base/errors'
import type { Backend, EngineFactory } from '../../src/gan/ganEngine'
import { cpuEngineFactory } from '../../src/gan-tfjs/cpuBackend'
import { plainOperations } from '../../src/gan-tfjs/plainOperations'
import { TfjsEngine } from '../../src/gan-tfjs/tfjsEngine'
import { LosableEngine, type Loss } from './losableEngine'
import { wasmEngineFactory } from '../../src/gan-tfjs/wasmBackend'

interface Files {
  readonly tfjsWasm: Uint8Array | undefined
  readonly kernels: Uint8Array | undefined
}

/** Engines of the backends that run in a page's worker. */
export function engineFactory(backend: Backend, { tfjsWasm, kernels }: Files): EngineFactory {
  switch (backend) {
    case 'cpu':
      return cpuEngineFactory
    case 'wasm':
      if (!tfjsWasm) throw unavailable(backend, 'its wasm file was not loaded')
      return wasmEngineFactory(tfjsWasm, kernels)
    case 'webgl':
    case 'webgpu':
      return graphicsFactory(backend)
    case 'native':
    case 'tfjs-node':
      throw unavailable(backend, 'it runs in a process, not in a page')
  }
}

/** What TensorFlow.js's tensors take. */
export function memoryBytes(): number {
  return tf.memory().numBytes
}

function graphicsFactory(backend: 'webgl' | 'webgpu'): EngineFactory {
  return async (description, state) => {
    const started = await tf.setBackend(backend).catch((error: unknown) => {
      throw unavailable(backend, reasonOf(error))
    })
    if (!started) throw unavailable(backend, 'this machine does not offer it')
    return new LosableEngine(new TfjsEngine(backend, tf, backend, plainOperations(tf), description, state), lossOf(tf.backend()))
  }
}

/** Says when the graphics processor behind a backend is taken away. */
function lossOf(backend: unknown): Loss {
  if (backend instanceof MathBackendWebGL) return webglLoss(backend.gpgpu.gl)
  if (backend instanceof WebGPUBackend) return onceTold(backend.device.lost)
  return { isLost: () => false, happened: new Promise(() => {}) }
}

function webglLoss(gl: WebGLRenderingContext): Loss {
  const told = onceTold(new Promise((resolve) => gl.canvas.addEventListener('webglcontextlost', resolve)))
  return { ...told, isLost: () => told.isLost() || gl.isContextLost() }
}

/** It stays lost: a context that comes back is empty. */
function onceTold(happened: Promise<unknown>): Loss {
  let lost = false
  void happened.then(() => (lost = true))
  return { isLost: () => lost, happened }
}

function unavailable(backend: Backend, reason: string): InklingError {
  return InklingError.of('gan-backend-unavailable', { backend, reason })
}
