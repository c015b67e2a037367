import { createHash } from 'node:crypto'
import { mkdir, readFile, utimes } from 'node:fs/promises'
import path from 'node:path'
import { decodeTables, encodeTables, type BpeTables } from '../language/bpeTables'
import { writeAtomically } from './atomicFile'

/** Changes with what is made of the same files. */
const version = 1

const hashBytes = 32

/**
 * The tables of a tokenizer, from a file beside the made graphs where they were made before: that is several times as quick.
 * @param folder of the graphs; undefined keeps nothing
 * @param files what the tables are made of
 * @throws what `make` throws
 */
export async function keptTables(folder: string | undefined, files: readonly Uint8Array[], make: () => BpeTables): Promise<BpeTables> {
  if (folder === undefined) return make()
  const file = path.join(folder, `${nameFor(files)}.tokenizer`)
  const kept = await read(file)
  if (kept !== undefined) return kept
  const tables = make()
  // Nobody waits for it: what cannot be kept is made again.
  void keep(file, tables).catch(() => {})
  return tables
}

function nameFor(files: readonly Uint8Array[]): string {
  const hash = createHash('sha256').update(String(version))
  for (const file of files) hash.update(`,${file.length},`).update(file)
  return hash.digest('hex').slice(0, 32)
}

/** Undefined where there is none that is whole. */
async function read(file: string): Promise<BpeTables | undefined> {
  const bytes = await readFile(file).catch(() => undefined)
  if (bytes === undefined || bytes.length <= hashBytes || !hashOf(bytes.subarray(hashBytes)).equals(bytes.subarray(0, hashBytes))) return undefined
  const now = new Date()
  // What nobody uses is tidied up with old graphs.
  await utimes(file, now, now).catch(() => undefined)
  return decodeTables(bytes.subarray(hashBytes))
}

async function keep(file: string, tables: BpeTables): Promise<void> {
  const bytes = encodeTables(tables)
  if (bytes === undefined) return
  await mkdir(path.dirname(file), { recursive: true })
  await writeAtomically(file, Buffer.concat([hashOf(bytes), bytes]))
}

function hashOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}
