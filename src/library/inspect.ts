import * as fs from 'node:fs/promises'
import * as path from 'node:path'
import { InklingError, reasonOf } from '../base/errors'
import { isIntegerIn, own, type JsonRecord } from '../base/json'
import { parameterCount, parseGpt2Config } from '../gpt2/config'
import { openGpt2Weights } from '../gpt2/weights'
import { parseJsonObject, quote } from '../language/fileGuards'
import type { Tokenizer } from '../language/tokenizer'
import { readTokenizerJson, readVocabularyFiles } from '../language/tokenizerFiles'
import { decoderGraph, type DecoderGraph } from './decoderGraph'
import { withFile } from './folderFile'
import type { FilePlan } from './filePlan'
import { externalDataLocations } from './onnxExternalData'
import { readOnnxSignature } from './onnxSignature'
import { MalformedProtobuf } from './protobufWalk'
import { isSafePath } from './safePath'
import { tokenCount } from './tokenCount'

/** What the files of a model say about it, and what is wrong with them: all of it, so that it can be told at once. */
export interface Inspection {
  readonly problems: readonly string[]
  /** Tokens; undefined when config.json does not say. */
  readonly contextLength: number | undefined
  /** Number of weights, where the files say it without being run. */
  readonly parameters: number | undefined
}

/** Looks into the files of a model without running it. @param folder holds all files of `plan` */
export async function inspectModel(folder: string, plan: FilePlan<{ readonly path: string }>): Promise<Inspection> {
  const problems: string[] = []
  const check = async <T>(look: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await look()
    } catch (error) {
      if (!(error instanceof InklingError)) throw error
      problems.push(error.message.replace(/\.$/, '').replaceAll(folder + path.sep, ''))
      return undefined
    }
  }
  const config = await check(() => readConfig(folder))
  let parameters: number | undefined
  if (plan.layout === 'onnx') problems.push(...(await exportProblems(folder, plan, config ?? {})))
  else if (config) {
    const gpt2 = await check(async () => parseGpt2Config(JSON.stringify(config), 'config.json'))
    if (gpt2) {
      parameters = parameterCount(gpt2)
      await check(() => withFile(path.join(folder, plan.modelFile), (source) => openGpt2Weights({ ...source, name: plan.modelFile }, gpt2)))
      const tokens = (await check(() => readTokenizer(folder, plan)))?.vocabularySize ?? gpt2.vocabulary
      if (tokens > gpt2.vocabulary) problems.push(`its tokenizer has ${tokens} tokens, but the model knows ${gpt2.vocabulary}`)
    }
  }
  return { problems, contextLength: config && contextLength(config), parameters }
}

async function exportProblems(folder: string, plan: FilePlan<{ readonly path: string }>, config: JsonRecord): Promise<readonly string[]> {
  const found = await readDecoderGraph(folder, plan.modelFile, config)
  if ('problems' in found) return found.problems
  const file = plan.files.some((listed) => listed.path === 'tokenizer.json') ? 'tokenizer.json' : 'vocab.json'
  try {
    const tokens = tokenCount(parseJsonObject(file, await fs.readFile(path.join(folder, file))))
    return tokens > found.graph.vocabulary ? [`its tokenizer has ${tokens} tokens, but the model knows ${found.graph.vocabulary}`] : []
  } catch (error) {
    return [`${file} cannot be read: ${reasonOf(error)}`]
  }
}

/**
 * Reads from its file how a graph is to be run, without loading it.
 * @param graph its path below `folder`
 * @param config config.json
 * @returns or else what is wrong with it: all of it
 */
export async function readDecoderGraph(folder: string, graph: string, config: JsonRecord): Promise<{ readonly graph: DecoderGraph } | { readonly problems: readonly string[] }> {
  const problems = await graphProblems(folder, graph)
  if (problems.length > 0) return { problems }
  const vocabulary = own(config, 'vocab_size')
  const found = decoderGraph(await withFile(path.join(folder, graph), readOnnxSignature), isIntegerIn(vocabulary, 1, 1 << 24) ? vocabulary : undefined)
  return 'problems' in found ? { problems: found.problems.map((problem) => `${graph}: ${problem}`) } : { graph: found }
}

async function readTokenizer(folder: string, { files }: FilePlan<{ readonly path: string }>): Promise<Tokenizer> {
  const read = (name: string): Promise<Uint8Array> => fs.readFile(path.join(folder, name))
  const has = (name: string): boolean => files.some((file) => file.path === name)
  if (has('tokenizer.json')) return readTokenizerJson(await read('tokenizer.json'))
  return readVocabularyFiles({
    vocabulary: await read('vocab.json'),
    merges: await read('merges.txt'),
    configuration: has('tokenizer_config.json') ? await read('tokenizer_config.json') : undefined,
  })
}

/** No configuration comes near; what is longer is not read. */
export const longestConfig = 1 << 20

/** @throws InklingError `model-file-broken`, `model-file-missing` */
export async function readConfig(folder: string): Promise<JsonRecord> {
  const file = path.join(folder, 'config.json')
  let bytes: Uint8Array
  try {
    bytes = await withFile(file, (source) => source.read(0, longestConfig + 1))
  } catch (error) {
    throw InklingError.of('model-file-missing', { folder, files: 'config.json' }, error)
  }
  if (bytes.length > longestConfig) throw InklingError.of('model-file-broken', { file, reason: 'it is far too long' })
  return parseJsonObject('config.json', bytes)
}

/** The most tokens of a text, as config.json says; architectures name it differently. */
export function contextLength(config: JsonRecord): number | undefined {
  const named = ['n_positions', 'max_position_embeddings', 'n_ctx', 'max_seq_len', 'seq_length'].map((key) => own(config, key))
  return named.find((value): value is number => isIntegerIn(value, 1, 1 << 24))
}

/**
 * What is wrong with an ONNX graph and the files that it names as holders of its weights. Those must lie in the model's
 * folder, by name and in truth: the runtime would open whatever they say.
 */
export async function graphProblems(folder: string, graph: string): Promise<readonly string[]> {
  let locations: readonly string[]
  try {
    locations = await withFile(path.join(folder, graph), externalDataLocations)
  } catch (error) {
    if (error instanceof MalformedProtobuf) return [`${graph} is no ONNX model: ${error.message}`]
    return [`${graph} cannot be read`]
  }
  const problems: string[] = []
  const root = await fs.realpath(folder)
  for (const location of locations) {
    const relative = location.replace(/^\.\//, '')
    if (!isSafePath(relative)) {
      problems.push(`${graph} takes weights from ${quote(location)}, which is outside its folder`)
      continue
    }
    const real = await fs.realpath(path.join(folder, path.dirname(graph), relative)).catch(() => undefined)
    if (real === undefined) problems.push(`${path.posix.join(path.posix.dirname(graph), relative)} is missing`)
    else if (!real.startsWith(root + path.sep)) problems.push(`${graph} takes weights from ${quote(location)}, a link that leads outside its folder`)
  }
  return problems
}
