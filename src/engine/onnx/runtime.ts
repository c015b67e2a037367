import type * as Onnx from 'onnxruntime-node'
import { InklingError, reasonOf } from '../../base/errors'
import { wasmRuntime } from './wasmRuntime'

/** What is used of ONNX Runtime, natively or as WebAssembly. */
export interface OnnxRuntime extends Pick<typeof Onnx, 'Tensor' | 'listSupportedBackends'> {
  readonly kind: 'native' | 'wasm'
  readonly InferenceSession: {
    /** @param model a file, or its bytes */
    create(model: string | Uint8Array, options?: Onnx.InferenceSession.SessionOptions): Promise<Onnx.InferenceSession>
  }
}

/** Set to `wasm`, the environment variable takes the runtime of platforms without a native build, for tests and benchmarks. */
const forced = process.env.INKLING_ONNX_RUNTIME

let loaded: Promise<OnnxRuntime> | undefined

/**
 * ONNX Runtime, loaded on first use: a native library of tens of megabytes, or WebAssembly where there is none for this
 * platform. Only this folder imports either.
 * @throws InklingError `engine-start-failed` where neither loads
 */
export function onnxRuntime(): Promise<OnnxRuntime> {
  loaded ??= load().catch((error: unknown) => {
    loaded = undefined
    throw error
  })
  return loaded
}

async function load(): Promise<OnnxRuntime> {
  if (forced === 'wasm') return wasmRuntime()
  try {
    return await nativeRuntime()
  } catch (error) {
    // No build for this platform, or one that its libraries are too old for.
    return wasmRuntime().catch(() => {
      const reason = reasonOf(error)
      throw InklingError.of('engine-start-failed', { reason: `ONNX Runtime did not load on ${process.platform}-${process.arch}: ${reason}` }, error)
    })
  }
}

async function nativeRuntime(): Promise<OnnxRuntime> {
  const { Tensor, InferenceSession, listSupportedBackends } = await import('onnxruntime-node')
  return {
    kind: 'native',
    Tensor,
    listSupportedBackends,
    InferenceSession: { create: (model, options) => (typeof model === 'string' ? InferenceSession.create(model, options) : InferenceSession.create(model, options)) },
  }
}
