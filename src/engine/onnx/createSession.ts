import { availableParallelism } from 'node:os'
import type { InferenceSession } from 'onnxruntime-node'
import { InklingError } from '../../base/errors'
import type { CacheUse } from '../../gpt2/attention'
import { requireFits } from './electronLimit'
import { readGraph, type GraphInMemory } from './graphInMemory'
import type { OnnxRuntime } from './runtime'

export type Device = 'cpu' | 'webgpu' | 'cuda' | 'directml' | 'coreml'

/** A graph on disk, with its weights beside it, or both in memory. */
export type GraphLocation = string | GraphInMemory

export interface SessionOptions {
  readonly device: Device
  /** Processor threads; undefined leaves the choice to us. */
  readonly threads: number | undefined
  /** Whether its threads leave the processor as soon as they are done, because those of another session go on. */
  readonly yields?: boolean | undefined
  /** Hears that the device cannot be used and the processor is used instead. */
  readonly onWarning?: ((warning: InklingError) => void) | undefined
}

export interface CreatedSession {
  readonly session: InferenceSession
  /** Where it runs: `wasm` is the processor without a native runtime. */
  readonly device: Device | 'wasm'
  readonly cacheUse: CacheUse
  /** What it runs. */
  readonly graph: GraphLocation
}

/** ONNX Runtime's names of the devices. */
const providers: Readonly<Record<Device, string>> = { cpu: 'cpu', webgpu: 'webgpu', cuda: 'cuda', directml: 'dml', coreml: 'coreml' }

/** The devices besides the processor that this build of the runtime knows; whether they can be used shows when one is. */
export function knownDevices(ort: OnnxRuntime): readonly Device[] {
  const names = ort.listSupportedBackends().map(({ name }) => name)
  return (Object.keys(providers) as Device[]).filter((device) => device !== 'cpu' && names.includes(providers[device]))
}

/** More threads than this wait for each other longer than they work. */
const mostThreads = 8

/**
 * @param graph one that runs everywhere, or what makes or finds the one that suits a device
 * @throws InklingError `model-too-large-here`, and whatever ONNX Runtime says when even the processor cannot run the graph
 */
export async function createSession(ort: OnnxRuntime, graph: GraphLocation | ((use: CacheUse) => Promise<GraphLocation>), options: SessionOptions): Promise<CreatedSession> {
  const graphFor = async (use: CacheUse): Promise<GraphLocation> => {
    const found = typeof graph === 'function' ? await graph(use) : graph
    if (typeof found === 'string') await requireFits(found)
    return found
  }
  if (options.device !== 'cpu') {
    // A provider that this build does not have would be passed over in silence.
    const joined = knownDevices(ort).includes(options.device) ? await graphFor('joined') : undefined
    const unavailable = (reason: string, error?: unknown): void => options.onWarning?.(InklingError.of('device-unavailable', { device: options.device, reason }, error))
    if (joined === undefined) unavailable(`Inkling has none for ${process.platform}-${process.arch}`)
    else {
      try {
        return { session: await create(ort, joined, options.device, options), device: options.device, cacheUse: 'joined', graph: joined }
      } catch (error) {
        unavailable('this machine has none, its driver is too old, or the model does not fit on it', error)
      }
    }
  }
  if (ort.kind === 'native') {
    // On the processor the native runtime works on our own memory.
    const inPlace = await graphFor('in-place')
    return { session: await create(ort, inPlace, 'cpu', options), device: 'cpu', cacheUse: 'in-place', graph: inPlace }
  }
  options.onWarning?.(InklingError.of('runtime-slow', { platform: `${process.platform}-${process.arch}` }))
  const found = await graphFor('joined')
  return { session: await create(ort, typeof found === 'string' ? await readGraph(found) : found, 'cpu', options), device: 'wasm', cacheUse: 'joined', graph: found }
}

function create(ort: OnnxRuntime, graph: GraphLocation, device: Device, { threads, yields = false }: Pick<SessionOptions, 'threads' | 'yields'>): Promise<InferenceSession> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: device === 'cpu' ? ['cpu'] : [providers[device], 'cpu'],
    intraOpNumThreads: threads ?? Math.min(availableParallelism(), mostThreads),
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    // A pattern would be kept for every length of the past that ever occurs.
    enableMemPattern: false,
    logSeverityLevel: 3,
    // Threads otherwise wait for the next step without letting go of the processor.
    ...(yields ? { extra: { session: { force_spinning_stop: '1' } } } : {}),
  }
  if (typeof graph === 'string') return ort.InferenceSession.create(graph, options)
  return ort.InferenceSession.create(graph.model, { ...options, externalData: graph.externalData })
}
