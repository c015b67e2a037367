import path from 'node:path'
import type { InferenceSession } from 'onnxruntime-node'
import { throwIfCancelled } from '../../base/cancellation'
import { InklingError } from '../../base/errors'
import type { CacheUse } from '../../gpt2/attention'
import { parameterCount, parseGpt2Config, type Gpt2Config } from '../../gpt2/config'
import { builderVersion, buildGpt2Graph, type Gpt2Graph } from '../../gpt2/graph'
import type { Precision } from '../../gpt2/weightFormat'
import { openGpt2Weights } from '../../gpt2/weights'
import type { LanguageModel } from '../../language/languageModel'
import type { Tokenizer } from '../../language/tokenizer'
import { createSession, type CreatedSession, type Device, type GraphLocation } from './createSession'
import { multipliesExactly } from './exactProducts'
import { FileSource } from './fileSource'
import { Gpt2Model } from './gpt2Model'
import { Gpt2Session } from './gpt2Session'
import { GraphCache, promptsFile, weightsFile } from './graphCache'
import { onnxRuntime, type OnnxRuntime } from './runtime'
import { Scorer } from './scorer'
import { fileHash, sha256 } from './weightsHash'

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
  const source = await openModelFile(folder, 'model.safetensors')
  try {
    options.onProgress?.(0, 'reading')
    const weights = await openGpt2Weights(source, config)
    const ort = await onnxRuntime()
    const prompts = await wantsPrompts(ort, config, options)
    const build: BuildGraph = (cacheUse) => buildGpt2Graph(config, weights, { precision, cacheUse, prompts: prompts && cacheUse === 'in-place' }, weightsFile)
    const created = options.cacheFolder === undefined
      ? await start(ort, (use) => makeInMemory(build(use), options), options)
      : await startFromCache(ort, new GraphCache(options.cacheFolder), await cacheKeys(source, config, prompts, options), build, options)
    return new Gpt2Model(new Gpt2Session(ort, created, config, prompts ? promptSession(ort, created, options) : undefined), new Scorer(ort, config.vocabulary), config, tokenizer, {
      name: options.name ?? path.basename(path.resolve(folder)),
      architecture: 'gpt2',
      parameters: parameterCount(config),
      precision,
      device: created.device,
    })
  } finally {
    await source.close()
  }
}

async function readConfig(folder: string): Promise<Gpt2Config> {
  const source = await openModelFile(folder, 'config.json')
  try {
    // One byte more than the parser takes, so that it sees that there is more.
    const bytes = await source.read(0, (1 << 20) + 1)
    return parseGpt2Config(new TextDecoder().decode(bytes), source.name)
  } finally {
    await source.close()
  }
}

async function openModelFile(folder: string, name: string): Promise<FileSource> {
  try {
    return await FileSource.open(path.join(folder, name))
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

type BuildGraph = (use: CacheUse) => Gpt2Graph

/** Narrower layers are so quick that the additional nodes take what the faster products give. */
const narrowestForPrompts = 512

/** Whether the model gets a graph of its own for prompts, which nearly doubles what the layers take in memory. */
async function wantsPrompts(ort: OnnxRuntime, { width }: Gpt2Config, { precision, device, cacheFolder }: Gpt2Options): Promise<boolean> {
  return ort.kind === 'native' && device === 'cpu' && precision === 'int8' && width >= narrowestForPrompts && cacheFolder !== undefined && multipliesExactly(ort)
}

/** Starts the graph for prompts that lies beside the one that was started. */
function promptSession(ort: OnnxRuntime, { graph }: CreatedSession, { threads }: Gpt2Options): (() => Promise<InferenceSession>) | undefined {
  if (typeof graph !== 'string') return undefined
  return async () => (await createSession(ort, path.join(path.dirname(graph), promptsFile), { device: 'cpu', threads, yields: true })).session
}

/** Names of everything that a made graph depends on. */
async function cacheKeys(source: FileSource, config: Gpt2Config, prompts: boolean, { precision, cacheFolder, signal }: Gpt2Options): Promise<(use: CacheUse) => string> {
  const weights = await fileHash(source, cacheFolder, signal)
  return (use) => sha256(JSON.stringify({ weights, config, precision, use, prompts, builderVersion })).slice(0, 32)
}

async function makeInMemory(graph: Gpt2Graph, options: Gpt2Options): Promise<GraphLocation> {
  const weights = new Uint8Array(graph.weightsSize)
  await graph.writeWeights({ write: async (offset, bytes) => weights.set(bytes, offset) }, reportConversion(options), options.signal)
  return { model: graph.model, externalData: [{ path: weightsFile, data: weights }] }
}

/** Entries that look whole and yet cannot be started are made anew, once. */
async function startFromCache(ort: OnnxRuntime, cache: GraphCache, keyOf: (use: CacheUse) => string, build: BuildGraph, options: Gpt2Options): Promise<CreatedSession> {
  const found = new Set<string>()
  const locate = async (use: CacheUse): Promise<string> => {
    const key = keyOf(use)
    const entry = await cache.find(key)
    if (entry === undefined) return cache.store(key, build(use), reportConversion(options), options.signal)
    found.add(key)
    return entry
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

async function start(ort: OnnxRuntime, graphFor: Parameters<typeof createSession>[1], options: Gpt2Options): Promise<CreatedSession> {
  throwIfCancelled(options.signal)
  options.onProgress?.(0, 'starting')
  const created = await createSession(ort, graphFor, options)
  options.onProgress?.(1, 'starting')
  return created
}
