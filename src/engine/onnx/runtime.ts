import type * as Onnx from 'onnxruntime-node'
import { InklingError } from '../../base/errors'

export type OnnxRuntime = typeof Onnx

let loaded: Promise<OnnxRuntime> | undefined

/**
 * ONNX Runtime, loaded on first use: a native library of tens of megabytes. Only this folder imports it.
 * @throws InklingError `engine-start-failed` where there is none for this platform
 */
export function onnxRuntime(): Promise<OnnxRuntime> {
  loaded ??= import('onnxruntime-node').catch((error: unknown) => {
    loaded = undefined
    const reason = error instanceof Error ? error.message : String(error)
    throw InklingError.of('engine-start-failed', { reason: `ONNX Runtime did not load on ${process.platform}-${process.arch}: ${reason}` }, error)
  })
  return loaded
}
