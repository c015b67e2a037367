import * as fs from 'node:fs/promises'
import * as path from 'node:path'
import { InklingError, reasonOf } from '../base/errors'
import { own, type JsonRecord } from '../base/json'
import type { Precision } from '../gpt2/weightFormat'
import { parseJsonObject } from '../language/fileGuards'
import type { Tokenizer } from '../language/tokenizer'
import { tablesOf, tablesOfVocabularyFiles, tokenizerOf, vocabularyTokenizer } from '../language/tokenizerFiles'
import { planFiles, type FilePlan } from '../library/filePlan'
import { listModelFolder } from '../library/folderSource'
import { readConfig } from '../library/inspect'
import { readHubTokenizer } from './decoder/hubTokenizer'
import { endOfText } from './decoder/openDecoder'
import { readOpening } from './decoder/pieceSpelling'
import { keptTables } from './keptTables'

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
 * @param cacheFolder where what is made of the files is kept; undefined keeps nothing
 * @throws InklingError `model-folder-missing`, `model-file-missing`, `model-file-broken`, `model-unsupported`
 */
export async function readModelFolder(folder: string, precision: Precision, cacheFolder: string | undefined): Promise<ModelFolder> {
  const files = await list(folder)
  const config = files.some((file) => file.path === 'config.json') ? await readConfig(folder) : {}
  const type = own(config, 'model_type')
  const plan = planFiles(files, typeof type === 'string' ? type : undefined, precision)
  if ('missing' in plan) throw InklingError.of('model-file-missing', { folder, files: plan.missing.join(', ') })
  return { plan, config, ...(await readTokenizerFiles(folder, new Set(files.map((file) => file.path)), plan.layout === 'onnx' ? endOfText(config) : undefined, cacheFolder)) }
}

/**
 * The tokenizer of a model folder: `tokenizer.json`, or the older `vocab.json` with `merges.txt`.
 * @param cacheFolder where what is made of the files is kept; undefined keeps nothing
 * @throws InklingError `model-folder-missing`, `model-file-missing`, `model-file-broken`, `model-unsupported`
 */
export async function readTokenizer(folder: string, cacheFolder?: string): Promise<Tokenizer> {
  const names = new Set((await list(folder)).map((file) => file.path))
  const hasTokenizer = names.has('tokenizer.json') || (names.has('vocab.json') && names.has('merges.txt'))
  if (!hasTokenizer) throw InklingError.of('model-file-missing', { folder, files: 'tokenizer.json (or vocab.json and merges.txt)' })
  return (await readTokenizerFiles(folder, names, undefined, cacheFolder)).tokenizer
}

/** Our own tokenizer where it can: it is the faster one for bytes, and needs no runtime. All others are transformers.js's. */
async function readTokenizerFiles(folder: string, names: ReadonlySet<string>, end: number | undefined, cacheFolder: string | undefined): Promise<Pick<ModelFolder, 'tokenizer' | 'opening'>> {
  const read = (name: string): Promise<Uint8Array> => readSmall(path.join(folder, name))
  const configuration = names.has('tokenizer_config.json') ? await read('tokenizer_config.json') : undefined
  if (!names.has('tokenizer.json')) {
    const [vocabulary, merges] = [await read('vocab.json'), await read('merges.txt')]
    const tables = await keptTables(cacheFolder, [vocabulary, merges], () => tablesOfVocabularyFiles({ vocabulary, merges }))
    return { tokenizer: vocabularyTokenizer(tables, configuration, { endOfText: end }), opening: [] }
  }
  const bytes = await read('tokenizer.json')
  const root = parseJsonObject('tokenizer.json', bytes)
  const opening = readOpening(root)
  try {
    const tables = await keptTables(cacheFolder, [bytes], () => tablesOf(root))
    return { tokenizer: tokenizerOf(root, tables, { endOfText: end }), opening }
  } catch (error) {
    if (!(error instanceof InklingError) || error.code !== 'model-unsupported') throw error
    return { tokenizer: await readHubTokenizer(bytes, configuration, end), opening }
  }
}

async function list(folder: string): Promise<readonly { readonly path: string }[]> {
  try {
    await fs.readdir(folder)
  } catch (error) {
    throw InklingError.of('model-folder-missing', { folder }, error)
  }
  return listModelFolder(folder)
}

async function readSmall(file: string): Promise<Uint8Array> {
  const name = path.basename(file)
  try {
    const { size } = await fs.stat(file)
    if (size > maxTokenizerBytes) throw InklingError.of('model-file-broken', { file: name, reason: `it has ${size} bytes` })
    return await fs.readFile(file)
  } catch (error) {
    if (error instanceof InklingError) throw error
    throw InklingError.of('model-file-broken', { file: name, reason: reasonOf(error) }, error)
  }
}
