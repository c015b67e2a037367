import * as fs from 'node:fs/promises'
import * as path from 'node:path'
import { InklingError } from '../base/errors'
import type { Tokenizer } from '../language/tokenizer'
import { readTokenizerJson, readVocabularyFiles } from '../language/tokenizerFiles'

/** Larger than any tokenizer there is; what is larger is something else. */
const maxTokenizerBytes = 256 * 1024 * 1024

/**
 * Looks whether a folder can hold a GPT-2 model before anything large is read, so that one message names all that lacks.
 * @throws InklingError `model-folder-missing`, `model-file-missing`
 */
export async function requireModelFolder(folder: string): Promise<void> {
  const names = new Set(await list(folder))
  const missing = ['config.json', 'model.safetensors'].filter((name) => !names.has(name))
  if (!hasTokenizer(names)) missing.push('tokenizer.json (or vocab.json and merges.txt)')
  if (missing.length > 0) throw InklingError.of('model-file-missing', { folder, files: missing.join(', ') })
}

/**
 * The tokenizer of a model folder: `tokenizer.json`, or the older `vocab.json` with `merges.txt`.
 * @throws InklingError `model-folder-missing`, `model-file-missing`, `model-file-broken`, `model-unsupported`
 */
export async function readTokenizer(folder: string): Promise<Tokenizer> {
  const names = new Set(await list(folder))
  const read = (name: string): Promise<Uint8Array> => readSmall(path.join(folder, name))
  if (names.has('tokenizer.json')) return readTokenizerJson(await read('tokenizer.json'))
  if (!hasTokenizer(names)) throw InklingError.of('model-file-missing', { folder, files: 'tokenizer.json (or vocab.json and merges.txt)' })
  return readVocabularyFiles({
    vocabulary: await read('vocab.json'),
    merges: await read('merges.txt'),
    configuration: names.has('tokenizer_config.json') ? await read('tokenizer_config.json') : undefined,
  })
}

function hasTokenizer(names: ReadonlySet<string>): boolean {
  return names.has('tokenizer.json') || (names.has('vocab.json') && names.has('merges.txt'))
}

async function list(folder: string): Promise<readonly string[]> {
  try {
    return await fs.readdir(folder)
  } catch (error) {
    throw InklingError.of('model-folder-missing', { folder }, error)
  }
}

async function readSmall(file: string): Promise<Uint8Array> {
  const name = path.basename(file)
  try {
    const { size } = await fs.stat(file)
    if (size > maxTokenizerBytes) throw InklingError.of('model-file-broken', { file: name, reason: `it has ${size} bytes` })
    return await fs.readFile(file)
  } catch (error) {
    if (error instanceof InklingError) throw error
    throw InklingError.of('model-file-broken', { file: name, reason: error instanceof Error ? error.message : String(error) }, error)
  }
}
