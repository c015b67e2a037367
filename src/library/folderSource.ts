import { constants, createReadStream } from 'node:fs'
import * as fs from 'node:fs/promises'
import * as path from 'node:path'
import { CancelledError, throwIfCancelled } from '../base/cancellation'
import { InklingError, reasonOf } from '../base/errors'
import { own } from '../base/json'
import { FileHasher } from './digest'
import type { OnReceived } from './download'
import { modelFolders } from './filePlan'
import { readConfig } from './inspect'
import type { ModelId } from './modelId'
import { guardWrite } from './partFile'
import type { ListedFile, ModelListing, ModelSource } from './source'

/** Copies models out of folders of this machine. */
abstract class LocalSource implements ModelSource {
  readonly isNetwork = false

  constructor(readonly name: string) {}

  protected abstract folderOf(id: ModelId): string

  async list(id: ModelId, _revision: string, signal: AbortSignal): Promise<ModelListing> {
    const folder = this.folderOf(id)
    const isFolder = await fs.stat(folder).then((stat) => stat.isDirectory(), () => false)
    if (!isFolder) throw InklingError.of('model-folder-missing', { folder })
    throwIfCancelled(signal)
    const files = await listModelFolder(folder)
    const modelType = files.some((file) => file.path === 'config.json') ? own(await readConfig(folder), 'model_type') : undefined
    return { id, commit: '', licence: '', gated: false, modelType: typeof modelType === 'string' ? modelType : undefined, files }
  }

  async fetch(listing: ModelListing, file: ListedFile, target: string, onReceived: OnReceived, signal: AbortSignal): Promise<string> {
    const from = path.join(this.folderOf(listing.id), file.path)
    const part = `${target}.part`
    // Shares the bytes where the disk can, and copies where not.
    await guardWrite(target, () => fs.copyFile(from, part, constants.COPYFILE_FICLONE))
    const { sha256, sizeBytes, mismatch } = await hashFile(part, file, onReceived, signal)
    if (sizeBytes !== file.sizeBytes) throw InklingError.of('download-size', { file: file.path, host: this.name, actual: sizeBytes, expected: file.sizeBytes })
    if (mismatch !== undefined) throw InklingError.of('download-hash', { file: file.path, host: this.name, actual: mismatch, expected: file.digest?.hex ?? '' })
    await guardWrite(target, () => fs.rename(part, target))
    return sha256
  }
}

/** A folder that stands in for a hub where there is no network: `owner/name` below it holds a model. */
export class OfflineSource extends LocalSource {
  protected override folderOf(id: ModelId): string {
    return path.join(this.name, ...id.split('/'))
  }
}

/** One model's folder, wherever it lies. */
export class ImportSource extends LocalSource {
  protected override folderOf(): string {
    return this.name
  }
}

/** Reads a whole file past a hasher. @throws InklingError `file-unreadable`; CancelledError */
export async function hashFile(file: string, expected: Pick<ListedFile, 'digest' | 'sizeBytes'>, onRead: OnReceived, signal: AbortSignal): Promise<{ sha256: string; sizeBytes: number; mismatch: string | undefined }> {
  const hasher = new FileHasher(expected.digest, expected.sizeBytes)
  let sizeBytes = 0
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20, signal }) as AsyncIterable<Buffer>) {
      hasher.update(chunk)
      sizeBytes += chunk.length
      onRead(sizeBytes)
    }
  } catch (error) {
    if (signal.aborted) throw new CancelledError()
    throw InklingError.of('file-unreadable', { file, reason: reasonOf(error) }, error)
  }
  return { ...hasher.finish(), sizeBytes }
}

/** The files of a model's folder and of its folder of graphs. */
export async function listModelFolder(folder: string): Promise<readonly ListedFile[]> {
  return (await Promise.all(modelFolders.map((below) => listFolder(folder, below)))).flat()
}

async function listFolder(folder: string, below: string): Promise<ListedFile[]> {
  const names = await fs.readdir(path.join(folder, below)).catch(() => [])
  const files: ListedFile[] = []
  for (const name of names) {
    const stat = await fs.stat(path.join(folder, below, name)).catch(() => undefined)
    if (stat?.isFile()) files.push({ path: below + name, sizeBytes: stat.size, digest: undefined })
  }
  return files
}
