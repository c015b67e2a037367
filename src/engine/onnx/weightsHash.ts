import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { throwIfCancelled } from '../../base/cancellation'
import { isRecord, own } from '../../base/json'
import { InklingError, reasonOf } from '../../base/errors'
import { writeAtomically } from '../atomicFile'
import type { FileSource } from './fileSource'

/** A file changed so shortly before it was hashed could change again without a new time: such a hash is not remembered. */
const settledMs = 3000

/** Read at a time. */
const pieceBytes = 4 << 20

/** What must be equal for a file to be taken as unchanged. Nanoseconds and identities as decimal text. */
interface Stamp {
  readonly file: string
  readonly size: string
  readonly modified: string
  readonly changed: string
  readonly inode: string
}

/**
 * SHA-256 of a file's content, hexadecimal. Hashing half a gigabyte takes a good part of a second, so the hash is
 * remembered in `memoFolder` for as long as the file's size, times and identity stay the same.
 * @throws InklingError `file-unreadable`; CancelledError
 */
export async function fileHash(source: FileSource, memoFolder: string | undefined, signal?: AbortSignal): Promise<string> {
  const before = stampOf(source.name)
  const memo = memoFolder === undefined ? undefined : memoOf(memoFolder, before)
  const remembered = memo === undefined ? undefined : recall(memo, before)
  if (remembered !== undefined) return remembered

  const hash = createHash('sha256')
  for (let offset = 0; offset < source.sizeBytes; offset += pieceBytes) {
    throwIfCancelled(signal)
    hash.update(await source.read(offset, pieceBytes))
  }
  const digest = hash.digest('hex')
  const after = stampOf(source.name)
  const settled = BigInt(Date.now() - settledMs) * 1_000_000n > BigInt(after.modified)
  if (memo !== undefined && settled && same(before, after)) await remember(memo, after, digest)
  return digest
}

/** The same where it need not be computed. @throws InklingError `file-unreadable` */
export function rememberedHash(source: FileSource, memoFolder: string): string | undefined {
  const stamp = stampOf(source.name)
  return recall(memoOf(memoFolder, stamp), stamp)
}

function memoOf(folder: string, { file }: Stamp): string {
  return path.join(folder, `${sha256(file)}.hash.json`)
}

export function sha256(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex')
}

function stampOf(file: string): Stamp {
  try {
    const { size, mtimeNs, ctimeNs, ino } = statSync(file, { bigint: true })
    return { file: path.resolve(file), size: String(size), modified: String(mtimeNs), changed: String(ctimeNs), inode: String(ino) }
  } catch (error) {
    throw unreadable(file, error)
  }
}

function same(a: Stamp, b: Stamp): boolean {
  return a.file === b.file && a.size === b.size && a.modified === b.modified && a.changed === b.changed && a.inode === b.inode
}

function recall(memo: string, stamp: Stamp): string | undefined {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(memo, 'utf8'))
  } catch {
    // Not there or torn: hash again.
    return undefined
  }
  if (!isRecord(value)) return undefined
  const hash = own(value, 'hash')
  const matches = Object.entries(stamp).every(([key, expected]) => own(value, key) === expected)
  return matches && typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash) ? hash : undefined
}

async function remember(memo: string, stamp: Stamp, hash: string): Promise<void> {
  try {
    await mkdir(path.dirname(memo), { recursive: true })
    await writeAtomically(memo, JSON.stringify({ ...stamp, hash }))
  } catch {
    // A memory that cannot be kept costs time, nothing else.
  }
}

function unreadable(file: string, error: unknown): InklingError {
  return InklingError.of('file-unreadable', { file, reason: reasonOf(error) }, error)
}
