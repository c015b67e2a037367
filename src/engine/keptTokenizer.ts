import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, utimes } from 'node:fs/promises'
import path from 'node:path'
import { decodeParts, encodeParts, type TokenizerParts } from '../language/tokenizerParts'
import { writeAtomically } from './atomicFile'

/** Changes with what is made of the same files. */
const version = 2

const hashBytes = 32

/** Where the parts of tokenizers are looked for. */
export interface TokenizerFolders {
  /** Comes with the program, and is only read. */
  readonly shipped: string | undefined
  /** Of the made graphs; undefined keeps nothing. */
  readonly cache: string | undefined
}

/**
 * The parts of a tokenizer, from a file where they were made before: that is several times as quick.
 * @param files what they are made of
 * @throws what `make` throws
 */
export function keptTokenizer({ shipped, cache }: TokenizerFolders, files: readonly Uint8Array[], make: () => TokenizerParts): TokenizerParts {
  if (shipped === undefined && cache === undefined) return make()
  const name = nameFor(files)
  const found = (shipped === undefined ? undefined : read(path.join(shipped, name))) ?? (cache === undefined ? undefined : readUsed(path.join(cache, name)))
  if (found !== undefined) return found
  const parts = make()
  // Nobody waits for it: what cannot be kept is made again.
  if (cache !== undefined) void keepTokenizer(cache, files, parts).catch(() => {})
  return parts
}

/** Writes the parts into a folder, from which `keptTokenizer` takes them. */
export async function keepTokenizer(folder: string, files: readonly Uint8Array[], parts: TokenizerParts): Promise<void> {
  const bytes = encodeParts(parts)
  if (bytes === undefined) return
  await mkdir(folder, { recursive: true })
  await writeAtomically(path.join(folder, nameFor(files)), Buffer.concat([hashOf(bytes), bytes]))
}

function nameFor(files: readonly Uint8Array[]): string {
  const hash = createHash('sha256').update(String(version))
  for (const file of files) hash.update(`,${file.length},`).update(file)
  return `${hash.digest('hex').slice(0, 32)}.tokenizer`
}

function readUsed(file: string): TokenizerParts | undefined {
  const parts = read(file)
  const now = new Date()
  // What nobody uses is tidied up with old graphs.
  if (parts !== undefined) void utimes(file, now, now).catch(() => undefined)
  return parts
}

/** Undefined where there is none that is whole. */
function read(file: string): TokenizerParts | undefined {
  const bytes = readIfThere(file)
  if (bytes === undefined || bytes.length <= hashBytes || !hashOf(bytes.subarray(hashBytes)).equals(bytes.subarray(0, hashBytes))) return undefined
  return decodeParts(bytes.subarray(hashBytes))
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}

function hashOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}
