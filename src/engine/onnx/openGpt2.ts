import { availableParallelism } from 'node:os'
import path from 'node:path'
import type { InferenceSession } from 'onnxruntime-node'
import { throwIfCancelled } from '../../base/cancellation'
import { InklingError } from '../../base/errors'
import type { CacheUse } from '../../gpt2/attention'
import { parameterCount, parseGpt2Config, type Gpt2Config } from '../../gpt2/config'
import { builderVersion, buildGpt2Graph, type Gpt2Graph } from '../../gpt2/graph'
import type { Precision } from '../../gpt2/weightFormat'
import { fitsLanes, laneVersion } from '../../gpt2/laneWeights'
import { openGpt2Weights, type Gpt2Weights } from '../../gpt2/weights'
import type { LanguageModel } from '../../language/languageModel'
import type { Tokenizer } from '../../language/tokenizer'
import type { LaneDecoder } from '../lanes/laneDecoder'
import { isSmall, LaneRunner, type GraphSource, type Prompts } from '../lanes/laneSteps'
import { knowsLanes, openLanes } from '../lanes/openLanes'
import { hasWideVectors } from '../lanes/wideVectors'
import { createSession, type CreatedSession, type Device, type GraphLocation } from './createSession'
import { largestExactWeight } from './exactProducts'
import { FileSource } from './fileSource'
import { Gpt2Model } from './gpt2Model'
import { Gpt2Session } from './gpt2Session'
import { GraphCache, modelFile, promptsFile, weightsFile } from './graphCache'
import { hasNativeRuntime, onnxRuntime, type OnnxRuntime } from './runtime'
import type { StepRunner } from './step'
import { fileHash, rememberedHash, sha256 } from './weightsHash'

export interface Gpt2Options {
  /** Holds config.json and model.safetensors. */
  readonly folder: string
  /** What to call the model; the folder's name when undefined. */
  readonly name?: string | undefined
  readonly tokenizer: Tokenizer
  readonly precision: Precision
  readonly device: Device
  /** Processor threads; undefined leaves the choice to us. */
  readonly threads: number | undefined
  /** decoder.wasm, for steps of few tokens in 8 or 4 bits on the processor; undefined runs everything as a graph. */
  readonly decoder?: string | undefined
  /** What runs prompts beside a decoder; what this machine is quicker with when undefined. */
  readonly prompts?: Prompts | undefined
  /** Where made graphs are kept; undefined makes the graph in memory every time. */
  readonly cacheFolder: string | undefined
  /** Hears how far a stage is, from 0 to 1. */
  readonly onProgress?: ((fraction: number, stage: LoadStage) => void) | undefined
  /** Hears of what was done differently than asked, such as a device that is not there. */
  readonly onWarning?: ((warning: InklingError) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** Reading and hashing the files, converting the weights (once for each model), starting the runtime. */
export type LoadStage = 'reading' | 'converting' | 'starting'

/**
 * Opens a GPT-2 in Hugging Face's layout.
 * @throws InklingError `model-…`, `tokenizer-mismatch`, `file-unreadable`, `disk-full`, `file-unwritable`; CancelledError
 */
export async function openGpt2(options: Gpt2Options): Promise<LanguageModel> {
  const { folder, precision, tokenizer } = options
  const config = await readConfig(folder)
  checkTokenizer(tokenizer, config)
  const { runner, device } = (await openWithLanes(config, options)) ?? (await openGraphs(config, options))
  return new Gpt2Model(runner, config, tokenizer, {
    name: options.name ?? path.basename(path.resolve(folder)),
    architecture: 'gpt2',
    parameters: parameterCount(config),
    precision,
    device,
  })
}

/** What steps run on, and where that is. */
interface OpenRunner {
  readonly runner: StepRunner
  readonly device: CreatedSession['device']
}

/** The decoder, and graphs for steps that it does not take. Undefined where the decoder cannot be had. */
async function openWithLanes(config: Gpt2Config, options: Gpt2Options): Promise<OpenRunner | undefined> {
  const { decoder: kernels, device, precision, threads, cacheFolder, signal, prompts = hasWideVectors ? 'decoder' : 'graph' } = options
  if (kernels === undefined || device !== 'cpu' || precision === 'fp32') return undefined
  const bits = precision === 'int8' ? 8 : 4
  if (!fitsLanes(config, bits) || !hasNativeRuntime() || !knowsLanes()) return undefined
  const decoder = await withWeights(config, options, async (weights, source) => {
    const makes = !isSmall(config)
    const hash = cacheFolder === undefined ? undefined : makes ? await fileHash(source, cacheFolder, signal) : rememberedHash(source, cacheFolder)
    const kept = cacheFolder === undefined || hash === undefined ? undefined : { cache: new GraphCache(cacheFolder), key: laneKey(hash, config, options) }
    const entry = kept?.cache.find(kept.key)
    const keep = makes && entry === undefined ? kept : undefined
    const isForMemory = entry === undefined && !makes
    if (isForMemory) source.readWhole()
    const report = reportConversion(options)
    const makesGraphs = keep !== undefined && prompts === 'graph'
    const atMost = (most: number): number => threads ?? Math.min(availableParallelism(), most)
    const opened = await openLanes(config, weights, bits, {
      kernels,
      threads: { few: atMost(mostThreads.few), many: atMost(makes && prompts === 'decoder' ? mostThreads.many : mostThreads.few), areLate: !makes && threads === undefined },
      entry,
      keep,
      onProgress: (fraction) => report(makesGraphs ? fraction / 2 : fraction),
      signal,
    })
    // Made now, while progress is shown: the first prompt opens them at once.
    if (opened && makesGraphs) await makeGraphs(config, weights, source, keep.cache, await promptCodes(await onnxRuntime(), config, options), { ...options, onProgress: (fraction) => report((1 + fraction) / 2) })
    if (opened && isForMemory && cacheFolder !== undefined) setTimeout(() => void keepSmall(config, opened, options).catch(() => {}), restMs).unref()
    return opened
  })
  if (!decoder) return undefined
  return { runner: new LaneRunner(decoder, new LaterGraphs(config, { ...options, onProgress: undefined, signal: undefined }), config, prompts), device: 'cpu' }
}

/** Whoever waits for a first suggestion is not to wait for a disk. */
const restMs = 1500

/** A small model is used before it lies in the cache. What cannot be kept is made again. */
async function keepSmall(config: Gpt2Config, decoder: LaneDecoder, options: Gpt2Options): Promise<void> {
  const { cacheFolder } = options
  await withWeights(config, { ...options, onProgress: undefined }, async (_, source) => {
    const key = laneKey(await fileHash(source, cacheFolder), config, options)
    const { file } = decoder
    if (cacheFolder === undefined || file === undefined) return
    await new GraphCache(cacheFolder).store(key, { weightsSize: file.length, writeWeights: (sink) => sink.write(0, file) })
  })
}

/** Sees to it that the graphs of the processor lie in the cache. @returns their folder */
async function makeGraphs(config: Gpt2Config, weights: Gpt2Weights, source: FileSource, cache: GraphCache, prompts: number | undefined, options: Gpt2Options): Promise<string> {
  const key = (await cacheKeys(source, config, prompts, options))('in-place')
  const build = (): Gpt2Graph => buildGpt2Graph(config, weights, { precision: options.precision, cacheUse: 'in-place', prompts }, weightsFile)
  return cache.find(key) ?? cache.store(key, build(), reportConversion(options), options.signal)
}

/** Graphs that are opened when they are first wanted. */
class LaterGraphs implements GraphSource {
  private opening: Promise<Gpt2Session> | undefined

  constructor(private readonly config: Gpt2Config, private readonly options: Gpt2Options) {}

  open(): Promise<Gpt2Session> {
    this.opening ??= openGraphsBeside(this.config, this.options).catch((error: unknown) => {
      this.opening = undefined
      throw error
    })
    return this.opening
  }

  dispose(): void {
    this.opening?.then((session) => session.dispose()).catch(() => undefined)
  }
}

async function openGraphs(config: Gpt2Config, options: Gpt2Options): Promise<OpenRunner> {
  const { precision } = options
  return withWeights(config, options, async (weights, source) => {
    const ort = await onnxRuntime()
    const prompts = await promptCodes(ort, config, options)
    const created = await startGraphs(ort, config, weights, source, prompts, { ...options, yields: false })
    const openPrompts = prompts !== undefined && typeof created.graph === 'string' ? promptSession(ort, path.dirname(created.graph), options) : undefined
    return { runner: new Gpt2Session(ort, async () => created.session, created.cacheUse, config, precision === 'fp32', openPrompts), device: created.device }
  })
}

/** The graphs beside a decoder: where there is one for prompts, the other is opened only if that does not start. */
async function openGraphsBeside(config: Gpt2Config, options: Gpt2Options): Promise<Gpt2Session> {
  return withWeights(config, options, async (weights, source) => {
    const ort = await onnxRuntime()
    const prompts = await promptCodes(ort, config, options)
    const { cacheFolder } = options
    const beside = { ...options, yields: true }
    if (prompts !== undefined && cacheFolder !== undefined) {
      const entry = await makeGraphs(config, weights, source, new GraphCache(cacheFolder), prompts, options)
      // By then the file is closed.
      const main = (): Promise<InferenceSession> => withWeights(config, options, async (again, file) => (await startGraphs(ort, config, again, file, prompts, beside)).session)
      return new Gpt2Session(ort, main, 'in-place', config, false, promptSession(ort, entry, options))
    }
    const { session, cacheUse } = await startGraphs(ort, config, weights, source, prompts, beside)
    return new Gpt2Session(ort, async () => session, cacheUse, config, false)
  })
}

async function startGraphs(ort: OnnxRuntime, config: Gpt2Config, weights: Gpt2Weights, source: FileSource, prompts: number | undefined, options: StartOptions): Promise<CreatedSession> {
  const { precision, cacheFolder } = options
  const build: BuildGraph = (cacheUse) => buildGpt2Graph(config, weights, { precision, cacheUse, prompts: cacheUse === 'in-place' ? prompts : undefined }, weightsFile)
  if (cacheFolder === undefined) return start(ort, (use) => makeInMemory(build(use), options), options)
  return startFromCache(ort, new GraphCache(cacheFolder), await cacheKeys(source, config, prompts, options), build, options)
}

async function withWeights<T>(config: Gpt2Config, { folder, onProgress }: Gpt2Options, work: (weights: Gpt2Weights, source: FileSource) => Promise<T>): Promise<T> {
  const source = openModelFile(folder, 'model.safetensors')
  try {
    onProgress?.(0, 'reading')
    return await work(await openGpt2Weights(source, config), source)
  } finally {
    source.close()
  }
}

async function readConfig(folder: string): Promise<Gpt2Config> {
  const source = openModelFile(folder, 'config.json')
  try {
    // One byte more than the parser takes, so that it sees that there is more.
    const bytes = await source.read(0, (1 << 20) + 1)
    return parseGpt2Config(new TextDecoder().decode(bytes), source.name)
  } finally {
    source.close()
  }
}

function openModelFile(folder: string, name: string): FileSource {
  try {
    return FileSource.open(path.join(folder, name))
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined
    const missing = cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR')
    throw missing ? InklingError.of('model-file-missing', { folder, files: name }, error) : error
  }
}

/** Vocabularies are often filled up to a round number; what differs by more belongs to another model. */
const mostPadding = 1024

function checkTokenizer({ vocabularySize }: Tokenizer, { vocabulary }: Gpt2Config): void {
  if (vocabularySize > vocabulary || vocabulary - vocabularySize >= mostPadding) {
    throw InklingError.of('tokenizer-mismatch', { tokens: vocabularySize, vocabulary })
  }
}

/** What reads all weights once for a token is as fast as memory is, which few threads use up. Prompts multiply. */
const mostThreads = { few: 4, many: 8 } as const

type BuildGraph = (use: CacheUse) => Gpt2Graph

/** Narrower layers are so quick that the additional nodes take what the faster products give. */
const narrowestForPrompts = 512

/**
 * The largest code of weights in a graph for prompts, which nearly doubles what the layers take in memory. Undefined where
 * the model gets none.
 */
async function promptCodes(ort: OnnxRuntime, { width }: Gpt2Config, { precision, device, cacheFolder }: Gpt2Options): Promise<number | undefined> {
  const pays = ort.kind === 'native' && device === 'cpu' && precision === 'int8' && width >= narrowestForPrompts && cacheFolder !== undefined
  return pays ? largestExactWeight(ort) : undefined
}

/** Starts the graph for prompts that lies in an entry of the cache. */
function promptSession(ort: OnnxRuntime, entry: string, { threads }: Gpt2Options): () => Promise<InferenceSession> {
  return async () => (await createSession(ort, path.join(entry, promptsFile), { device: 'cpu', threads, yields: true })).session
}

/** Names of everything that a made graph depends on. */
async function cacheKeys(source: FileSource, config: Gpt2Config, prompts: number | undefined, { precision, cacheFolder, signal }: Gpt2Options): Promise<(use: CacheUse) => string> {
  const weights = await fileHash(source, cacheFolder, signal)
  return (use) => keyOf({ weights, config, precision, use, prompts, builderVersion })
}

/** Name of what the decoder reads. @param weights their hash */
function laneKey(weights: string, config: Gpt2Config, { precision }: Gpt2Options): string {
  return keyOf({ weights, config, precision, laneVersion })
}

function keyOf(parts: object): string {
  return sha256(JSON.stringify(parts)).slice(0, 32)
}

async function makeInMemory(graph: Gpt2Graph, options: Gpt2Options): Promise<GraphLocation> {
  const weights = new Uint8Array(graph.weightsSize)
  await graph.writeWeights({ write: async (offset, bytes) => weights.set(bytes, offset) }, reportConversion(options), options.signal)
  return { model: graph.model, externalData: [{ path: weightsFile, data: weights }] }
}

type StartOptions = Gpt2Options & { readonly yields: boolean }

/** Entries that look whole and yet cannot be started are made anew, once. */
async function startFromCache(ort: OnnxRuntime, cache: GraphCache, keyOf: (use: CacheUse) => string, build: BuildGraph, options: StartOptions): Promise<CreatedSession> {
  const found = new Set<string>()
  const locate = async (use: CacheUse): Promise<string> => {
    const key = keyOf(use)
    const entry = cache.find(key)
    if (entry !== undefined) found.add(key)
    return path.join(entry ?? (await cache.store(key, build(use), reportConversion(options), options.signal)), modelFile)
  }
  try {
    return await start(ort, locate, options)
  } catch (error) {
    throwIfCancelled(options.signal)
    if (found.size === 0) throw error
    for (const key of found) await cache.remove(key)
    return start(ort, locate, options)
  }
}

function reportConversion({ onProgress }: Gpt2Options): (fraction: number) => void {
  return (fraction) => onProgress?.(fraction, 'converting')
}

async function start(ort: OnnxRuntime, graphFor: Parameters<typeof createSession>[1], options: StartOptions): Promise<CreatedSession> {
  throwIfCancelled(options.signal)
  options.onProgress?.(0, 'starting')
  const created = await createSession(ort, graphFor, options)
  options.onProgress?.(1, 'starting')
  return created
}
