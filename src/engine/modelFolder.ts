import { readdirSync, readFileSync, statSync } from 'node:fs'
import * as path from 'node:path'
import { InklingError, reasonOf } from '../base/errors'
import { own, type JsonRecord } from '../base/json'
import type { Precision } from '../gpt2/weightFormat'
import { parseJsonObject } from '../language/fileGuards'
import type { Tokenizer } from '../language/tokenizer'
import { partsOf, tablesOfVocabularyFiles, tokenizerOf, vocabularyTokenizer } from '../language/tokenizerFiles'
import { modelFolders, planFiles, type FilePlan } from '../library/filePlan'
import { longestConfig } from '../library/inspect'
import { readHubTokenizer } from './decoder/hubTokenizer'
import { endOfText } from './decoder/openDecoder'
import { readOpening } from './decoder/pieceSpelling'
import { keptTokenizer, type TokenizerFolders } from './keptTokenizer'

/** Larger than any tokenizer there is; what is larger is something else. */
const maxTokenizerBytes = 256 * 1024 * 1024

export interface ModelFolder {
  readonly plan: FilePlan<{ readonly path: string }>
  /** config.json */
  readonly config: JsonRecord
  readonly tokenizer: Tokenizer
  /** Tokens that the model wants to see before every text. */
  readonly opening: readonly number[]
}

/**
 * Finds the model in a folder before anything large is read, so that one message names all that lacks.
 * @param precision which of several graphs is taken
 * @param kept where what is made of a tokenizer's files may lie
 * @throws InklingError `model-folder-missing`, `model-file-missing`, `model-file-broken`, `model-unsupported`
 */
export async function readModelFolder(folder: string, precision: Precision, kept: TokenizerFolders): Promise<ModelFolder> {
  const files = list(folder)
  const config = files.some((file) => file.path === 'config.json') ? parseJsonObject('config.json', readSmall(folder, 'config.json', longestConfig)) : {}
  const type = own(config, 'model_type')
  const plan = planFiles(files, typeof type === 'string' ? type : undefined, precision)
  if ('missing' in plan) throw InklingError.of('model-file-missing', { folder, files: plan.missing.join(', ') })
  return { plan, config, ...(await readTokenizerFiles(folder, new Set(files.map((file) => file.path)), plan.layout === 'onnx' ? endOfText(config) : undefined, kept)) }
}

/**
 * The tokenizer of a model folder: `tokenizer.json`, or the older `vocab.json` with `merges.txt`.
 * @param cacheFolder where what is made of the files is kept; undefined keeps nothing
 * @throws InklingError `model-folder-missing`, `model-file-missing`, `model-file-broken`, `model-unsupported`
 */
export async function readTokenizer(folder: string, cacheFolder?: string): Promise<Tokenizer> {
  const names = new Set(list(folder).map((file) => file.path))
  const hasTokenizer = names.has('tokenizer.json') || (names.has('vocab.json') && names.has('merges.txt'))
  if (!hasTokenizer) throw InklingError.of('model-file-missing', { folder, files: 'tokenizer.json (or vocab.json and merges.txt)' })
  return (await readTokenizerFiles(folder, names, undefined, { shipped: undefined, cache: cacheFolder })).tokenizer
}

/** Our own tokenizer where it can: it is the faster one for bytes, and needs no runtime. All others are transformers.js's. */
async function readTokenizerFiles(folder: string, names: ReadonlySet<string>, end: number | undefined, kept: TokenizerFolders): Promise<Pick<ModelFolder, 'tokenizer' | 'opening'>> {
  const read = (name: string): Uint8Array => readSmall(folder, name, maxTokenizerBytes)
  const configuration = names.has('tokenizer_config.json') ? read('tokenizer_config.json') : undefined
  if (!names.has('tokenizer.json')) {
    const [vocabulary, merges] = [read('vocab.json'), read('merges.txt')]
    const { tables } = keptTokenizer(kept, [vocabulary, merges], () => ({ tables: tablesOfVocabularyFiles({ vocabulary, merges }), rest: {} }))
    return { tokenizer: vocabularyTokenizer(tables, configuration, { endOfText: end }), opening: [] }
  }
  const bytes = read('tokenizer.json')
  try {
    const parts = keptTokenizer(kept, [bytes], () => partsOf(bytes))
    return { tokenizer: tokenizerOf(parts, { endOfText: end }), opening: readOpening(parts.rest) }
  } catch (error) {
    if (!(error instanceof InklingError) || error.code !== 'model-unsupported') throw error
    return { tokenizer: await readHubTokenizer(bytes, configuration, end), opening: readOpening(parseJsonObject('tokenizer.json', bytes)) }
  }
}

/**
 * The files of a folder that models are made of. Here and below this process waits for its disk: to wait for a thread that
 * does would take longer, and on a busy machine many times as long.
 */
function list(folder: string): readonly { readonly path: string }[] {
  try {
    readdirSync(folder)
  } catch (error) {
    throw InklingError.of('model-folder-missing', { folder }, error)
  }
  return modelFolders.flatMap((below) => filesIn(folder, below))
}

function filesIn(folder: string, below: string): readonly { readonly path: string }[] {
  try {
    const entries = readdirSync(path.join(folder, below), { withFileTypes: true })
    // Caches of hubs hold links.
    return entries.filter((entry) => entry.isFile() || (entry.isSymbolicLink() && statSync(path.join(folder, below, entry.name), { throwIfNoEntry: false })?.isFile() === true)).map(({ name }) => ({ path: below + name }))
  } catch {
    return []
  }
}

function readSmall(folder: string, name: string, maxBytes: number): Uint8Array {
  try {
    const { size } = statSync(path.join(folder, name))
    if (size > maxBytes) throw InklingError.of('model-file-broken', { file: name, reason: `it has ${size} bytes` })
    return readFileSync(path.join(folder, name))
  } catch (error) {
    if (error instanceof InklingError) throw error
    throw InklingError.of('model-file-broken', { file: name, reason: reasonOf(error) }, error)
  }
}
