import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
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

/** Whether there is a native build for this platform. Nothing is loaded for the answer; whether it runs shows when it is. */
export function hasNativeRuntime(): boolean {
  if (forced === 'wasm') return false
  // A module of the newer kind, as benchmarks are, does not know its file.
  const here = typeof __filename === 'string' ? __filename : process.argv[1] ?? process.cwd()
  try {
    const folder = path.resolve(path.dirname(createRequire(here).resolve('onnxruntime-node')), '../bin')
    return readdirSync(folder).some((api) => existsSync(path.join(folder, api, process.platform, process.arch, 'onnxruntime_binding.node')))
  } catch {
    return false
  }
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
