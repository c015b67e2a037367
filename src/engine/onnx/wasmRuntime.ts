import type { InferenceSession, Tensor } from 'onnxruntime-common'
import type { OnnxRuntime } from './runtime'

/**
 * ONNX Runtime as WebAssembly, behind the surface of the native one: for platforms that have no native build (Intel Macs,
 * musl). Several times slower, and all it holds must fit into the 4 GiB that 32-bit addresses reach.
 */
export async function wasmRuntime(): Promise<OnnxRuntime> {
  const web = await import('onnxruntime-web')
  let started = false
  return {
    kind: 'wasm',
    Tensor: web.Tensor,
    // What it calls `wasm` is the processor to everyone else.
    listSupportedBackends: () => [{ name: 'cpu', bundled: true }],
    InferenceSession: {
      async create(model, options = {}) {
        // The threads are those of the process: what the first session asks for counts.
        if (!started && options.intraOpNumThreads !== undefined) web.env.wasm.numThreads = options.intraOpNumThreads
        started = true
        const wasmOptions = { ...options, executionProviders: ['wasm'] }
        // The two overloads are one function.
        return new WasmSession(await (typeof model === 'string' ? web.InferenceSession.create(model, wasmOptions) : web.InferenceSession.create(model, wasmOptions)))
      },
    },
  }
}

/** The native runtime writes into the tensors that it is given as fetches; this one makes new ones, so they are copied over. */
class WasmSession implements InferenceSession {
  constructor(private readonly session: InferenceSession) {}

  get inputNames(): readonly string[] {
    return this.session.inputNames
  }

  get outputNames(): readonly string[] {
    return this.session.outputNames
  }

  get inputMetadata(): InferenceSession['inputMetadata'] {
    return this.session.inputMetadata
  }

  get outputMetadata(): InferenceSession['outputMetadata'] {
    return this.session.outputMetadata
  }

  async run(feeds: InferenceSession.FeedsType, fetches: InferenceSession.FetchesType | InferenceSession.RunOptions = this.outputNames, options?: InferenceSession.RunOptions): Promise<InferenceSession.ReturnType> {
    if (!isTensorMap(fetches)) return this.session.run(feeds, fetches as InferenceSession.FetchesType, options)
    const results = await this.session.run(feeds, Object.keys(fetches), options)
    return Object.fromEntries(Object.entries(results).map(([name, result]) => [name, copyTo(fetches[name], result)]))
  }

  release(): Promise<void> {
    return this.session.release()
  }

  startProfiling(): void {
    this.session.startProfiling()
  }

  endProfiling(): void {
    this.session.endProfiling()
  }
}

type TensorMap = Readonly<Record<string, Tensor | null>>

function isTensorMap(fetches: InferenceSession.FetchesType | InferenceSession.RunOptions): fetches is TensorMap {
  return !Array.isArray(fetches) && Object.values(fetches).some((value) => typeof value === 'object' && value !== null && 'dims' in value)
}

/** @throws RangeError when the two are not of one size, as the native runtime would */
function copyTo(wanted: Tensor | null | undefined, result: Tensor): Tensor {
  if (!wanted) return result
  if (wanted.size !== result.size) throw new RangeError(`An output has ${result.size} values, and there is room for ${wanted.size}`)
  // Both are typed arrays of the type that the graph declares.
  ;(wanted.data as Float32Array).set(result.data as Float32Array)
  return wanted
}
