import { existsSync } from 'node:fs'
import * as fs from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import * as path from 'node:path'
import { InklingError, reasonOf } from '../base/errors'
import { FileLock } from './fileLock'
import { manifestName, parseManifest, writeManifest, type Manifest } from './manifest'
import { folderName, modelOfFolder, type ModelId } from './modelId'
import { guardWrite } from './partFile'

export interface InstalledModel {
  readonly manifest: Manifest
  readonly folder: string
  readonly sizeBytes: number
}

/**
 * The models of this user, a folder each. A model is in `models/` only when it is whole: it is gathered in `partial/` and
 * moved over, and moved to `trash/` before it is deleted. Any number of windows and programs may use one store.
 */
export class ModelStore {
  constructor(readonly root: string) {}

  /** Where the model lies, or would lie. */
  folderOf(id: ModelId): string {
    return path.join(this.root, 'models', folderName(id))
  }

  /** Where the model is gathered; outlives a process that was ended. */
  partialOf(id: ModelId): string {
    return path.join(this.root, 'partial', folderName(id))
  }

  isInstalled(id: ModelId): boolean {
    return existsSync(path.join(this.folderOf(id), manifestName))
  }

  async find(id: ModelId): Promise<InstalledModel | undefined> {
    const folder = this.folderOf(id)
    const file = path.join(folder, manifestName)
    let text: string
    try {
      text = await fs.readFile(file, 'utf8')
    } catch (error) {
      if (isMissing(error)) return undefined
      throw InklingError.of('file-unreadable', { file, reason: reasonOf(error) }, error)
    }
    const manifest = parseManifest(text, file)
    if (manifest.id !== id) throw InklingError.of('model-file-broken', { file, reason: `it is the one of ${manifest.id}` })
    return { manifest, folder, sizeBytes: manifest.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) }
  }

  /** Every installed model, by name. @param onBroken hears of those whose manifest cannot be read */
  async list(onBroken: (error: unknown) => void = () => {}): Promise<readonly InstalledModel[]> {
    const models = path.join(this.root, 'models')
    const names = await fs.readdir(models).catch((error: unknown) => (isMissing(error) ? [] : Promise.reject(error as Error)))
    const found: InstalledModel[] = []
    for (const name of names.sort()) {
      const file = path.join(models, name, manifestName)
      try {
        const { id } = parseManifest(await fs.readFile(file, 'utf8'), file)
        const model = folderName(id) === name ? await this.find(id) : undefined
        if (model) found.push(model)
      } catch (error) {
        if (!isMissing(error)) onBroken(error)
      }
    }
    return found
  }

  /** What downloads that have not ended have left so far, in bytes. */
  async partials(): Promise<ReadonlyMap<ModelId, number>> {
    const partial = path.join(this.root, 'partial')
    const names = await fs.readdir(partial).catch((error: unknown) => (isMissing(error) ? [] : Promise.reject(error as Error)))
    const found = new Map<ModelId, number>()
    for (const name of names) {
      const id = modelOfFolder(name)
      const files = await fs.readdir(path.join(partial, name), { recursive: true }).catch(() => [])
      // A file may be renamed between the two: then it counts the next time.
      const sizes = await Promise.all(files.map((file) => fs.stat(path.join(partial, name, file)).then((stat) => (stat.isFile() ? stat.size : 0), () => 0)))
      const bytes = sizes.reduce((sum, size) => sum + size, 0)
      if (id !== undefined && bytes > 0) found.set(id, bytes)
    }
    return found
  }

  lock(id: ModelId, signal: AbortSignal, onWait?: () => void): Promise<FileLock> {
    return FileLock.acquire(path.join(this.root, 'locks', `${folderName(id)}.lock`), signal, onWait)
  }

  /** Makes what was gathered the installed model. The caller holds the lock, and every file of `manifest` is checked and in place. */
  async commit(manifest: Manifest): Promise<InstalledModel> {
    const { id } = manifest
    const [partial, folder] = [this.partialOf(id), this.folderOf(id)]
    const file = path.join(partial, manifestName)
    await guardWrite(file, async () => {
      const handle = await fs.open(file, 'w')
      await handle.writeFile(writeManifest(manifest)).then(() => handle.sync()).finally(() => handle.close())
      await fs.mkdir(path.dirname(folder), { recursive: true })
    })
    await this.discard(id, folder)
    await move(partial, folder, id)
    return { manifest, folder, sizeBytes: manifest.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) }
  }

  /** Takes the model away, and what was gathered of it. @throws InklingError `model-not-installed`, `model-in-use` */
  async remove(id: ModelId, signal: AbortSignal): Promise<void> {
    const lock = await this.lock(id, signal)
    try {
      if (!existsSync(this.folderOf(id)) && !existsSync(this.partialOf(id))) throw InklingError.of('model-not-installed', { model: id })
      await this.discard(id, this.folderOf(id))
      await this.discard(id, this.partialOf(id))
    } finally {
      await lock.release()
    }
  }

  private async discard(id: ModelId, folder: string): Promise<void> {
    if (!existsSync(folder)) return
    const trash = path.join(this.root, 'trash')
    await guardWrite(trash, () => fs.mkdir(trash, { recursive: true }))
    const gone = path.join(trash, randomUUID())
    await move(folder, gone, id)
    // Out of sight already. What cannot be deleted now is deleted with a later removal; the folder stays, another window may be moving into it.
    for (const name of await fs.readdir(trash)) await fs.rm(path.join(trash, name), { recursive: true, force: true }).catch(() => undefined)
  }
}

/** On Windows a folder with an open file cannot be moved. */
async function move(from: string, to: string, model: string): Promise<void> {
  try {
    await fs.rename(from, to)
  } catch (error) {
    throw InklingError.of('model-in-use', { model, reason: reasonOf(error) }, error)
  }
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}
