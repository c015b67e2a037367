import { isCancelled, throwIfCancelled } from '../../base/cancellation'
import { InklingError, reasonOf } from '../../base/errors'
import type { PictureBatch, RefusedFile } from '../../gan/protocol/hostProtocol'

/** Where pictures lie, and what is asked of it. `Place` names a file or a folder. */
export interface PictureDisk<Place> {
  nameOf(place: Place): string
  join(folder: Place, name: string): Place
  entries(folder: Place): Promise<readonly DiskEntry[]>
  sizeBytes(file: Place): Promise<number>
  read(file: Place): Promise<Uint8Array>
}

export interface DiskEntry {
  readonly name: string
  /** A link to a folder is neither: it may lead in a circle. */
  readonly kind: 'file' | 'folder' | 'neither'
}

export interface FoundPictures<Place> {
  readonly files: readonly Place[]
  /** Folders that could not be looked into. */
  readonly refused: readonly RefusedFile[]
}

/** As many as the packed data set of a run holds. */
export const mostPictures = 20_000

const pictureFile = /\.(png|jpe?g)$/i
/** A photograph is rarely above this; what is, is no training picture for 28 × 28 pixels. */
const mostBytesEach = 24 * 2 ** 20
/** Files are asked for at once, since each answer may come from another machine. */
const batchFiles = 128
const batchBytes = 8 * 2 ** 20
const deepest = 4

/**
 * Pictures in a folder and below, in the order of their names.
 * @throws for a folder that cannot be looked into, has none or has too many; CancelledError
 */
export async function findPictures<Place>(disk: PictureDisk<Place>, folder: Place, signal: AbortSignal): Promise<FoundPictures<Place>> {
  const files: Place[] = []
  const refused: RefusedFile[] = []
  async function look(place: Place, depth: number): Promise<void> {
    throwIfCancelled(signal)
    const entries = [...(await disk.entries(place))].sort((a, b) => (a.name < b.name ? -1 : 1))
    for (const { name, kind } of entries) {
      const inside = disk.join(place, name)
      if (kind === 'folder' && depth > 0) await look(inside, depth - 1).catch((error: unknown) => void refused.push(passOver(name, error)))
      else if (kind === 'file' && pictureFile.test(name)) files.push(inside)
      if (files.length > mostPictures) throw InklingError.of('gan-images-many', { limit: mostPictures })
    }
  }
  await look(folder, deepest).catch((error: unknown) => {
    throw InklingError.fromWire(passOver(disk.nameOf(folder), error).error)
  })
  if (files.length === 0) throw InklingError.of('gan-images-none', { folder: disk.nameOf(folder) })
  return { files, refused }
}

/** What keeps one folder or file from being read; what ends the whole search is thrown. */
function passOver(name: string, error: unknown): RefusedFile {
  if (error instanceof InklingError || isCancelled(error)) throw error
  return refusal(name, reasonOf(error))
}

function refusal(name: string, reason: string): RefusedFile {
  const { code, facts } = InklingError.of('gan-image-broken', { file: name, reason })
  return { name, error: { code, facts } }
}

/** Reads files a batch at a time: neither side ever holds more than one. */
export class PictureReader<Place> {
  private taken = 0

  constructor(
    private readonly disk: PictureDisk<Place>,
    private readonly found: FoundPictures<Place>,
  ) {}

  get count(): number {
    return this.found.files.length
  }

  get left(): number {
    return this.count - this.taken
  }

  /** The next files; those that cannot be read are refused by name. */
  async next(): Promise<PictureBatch> {
    const refused: RefusedFile[] = this.taken === 0 ? [...this.found.refused] : []
    const some = this.found.files.slice(this.taken, this.taken + batchFiles)
    // Ask for sizes before reading: a file of gigabytes must not be read to be refused.
    const sizes = await Promise.all(some.map((file) => this.disk.sizeBytes(file).catch(reasonOf)))
    const fitting = countFitting(sizes)
    this.taken += fitting
    const read = await Promise.all(some.slice(0, fitting).map((file, i) => this.readOne(file, sizes[i] ?? 0)))
    const files: { name: string; bytes: Uint8Array }[] = []
    for (const [i, file] of some.slice(0, fitting).entries()) {
      const name = this.disk.nameOf(file)
      const bytes = read[i] ?? ''
      if (typeof bytes === 'string') refused.push(refusal(name, bytes))
      else files.push({ name, bytes })
    }
    return { ...packed(files), refused, left: this.left }
  }

  /** @returns a reason where there are no bytes */
  private readOne(file: Place, size: number | string): Promise<Uint8Array | string> {
    if (typeof size === 'string') return Promise.resolve(size)
    if (size > mostBytesEach) return Promise.resolve('it is larger than 24 MB')
    return this.disk.read(file).catch(reasonOf)
  }
}

/** How many of the files, in their order, make a batch; at least one. */
function countFitting(sizes: readonly (number | string)[]): number {
  let total = 0
  const over = sizes.findIndex((size) => {
    if (typeof size === 'number' && size <= mostBytesEach) total += size
    return total > batchBytes
  })
  return over < 0 ? sizes.length : Math.max(1, over)
}

function packed(files: readonly { readonly name: string; readonly bytes: Uint8Array }[]): Pick<PictureBatch, 'files' | 'bytes'> {
  const bytes = new Uint8Array(files.reduce((sum, file) => sum + file.bytes.length, 0))
  let at = 0
  for (const file of files) {
    bytes.set(file.bytes, at)
    at += file.bytes.length
  }
  return { files: files.map((file) => ({ name: file.name, sizeBytes: file.bytes.length })), bytes }
}
