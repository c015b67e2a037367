import { randomBytes } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat, utimes, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { InklingError } from '../../base/errors'
import { writeFailure } from '../../base/fileErrors'
import { isRecord, own } from '../../base/json'
import type { ByteSink } from '../../onnx/weightsLayout'
import { sha256 } from './weightsHash'

export const modelFile = 'model.onnx'
export const weightsFile = 'weights.bin'
/** The graph for prompts, where there is one. */
export const promptsFile = 'prompts.onnx'
const sealFile = 'seal.json'

const dayMs = 24 * 60 * 60 * 1000

/** Leftovers of a process that died while it wrote, here or in `writeAtomically`; a living one is done long before. */
const abandonedMs = dayMs
const leftOver = /\.(tmp|part)$/

/** Entries that no one opened for so long: of models that are gone, or made by an older builder. */
const unusedMs = 60 * dayMs

/** What an entry is made of. */
export interface MadeFiles {
  /** Undefined where the weights say it all. */
  readonly model?: Uint8Array | undefined
  readonly prompts?: Uint8Array | undefined
  readonly weightsSize: number
  writeWeights(sink: ByteSink, onProgress?: (fraction: number) => void, signal?: AbortSignal): Promise<void>
}

/**
 * Made graphs on disk, each in a folder named after all that it was made from. An entry is written into a folder beside
 * and renamed, so that it is there whole or not at all, whoever else writes at the same time. A seal inside says how
 * large the weights are and what the graphs hash to.
 */
export class GraphCache {
  constructor(private readonly folder: string) {}

  /** @returns folder of entry `key`, or undefined where there is none that is whole */
  find(key: string): string | undefined {
    const entry = path.join(this.folder, key)
    try {
      const seal: unknown = JSON.parse(readFileSync(path.join(entry, sealFile), 'utf8'))
      if (!isRecord(seal)) return undefined
      const sealed = (name: string, file: string): Uint8Array | undefined => (own(seal, name) === undefined ? undefined : readFileSync(path.join(entry, file)))
      const model = sealed('model', modelFile)
      const prompts = sealed('prompts', promptsFile)
      const { size } = statSync(path.join(entry, weightsFile))
      const whole = own(seal, 'model') === hashOf(model) && own(seal, 'prompts') === hashOf(prompts) && own(seal, 'weightsSize') === size
      if (!whole) return undefined
      void this.markUsed(entry)
      return entry
    } catch {
      // Not there, or not readable: make it again.
      return undefined
    }
  }

  /**
   * Writes an entry, replacing a broken one.
   * @returns its folder
   * @throws InklingError `disk-full`, `file-unwritable`, and what `made.writeWeights` throws
   */
  async store(key: string, made: MadeFiles, onProgress?: (fraction: number) => void, signal?: AbortSignal): Promise<string> {
    const entry = path.join(this.folder, key)
    const beside = `${entry}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`
    try {
      await mkdir(beside, { recursive: true })
      await this.tidyUp()
      await writeFileWith(path.join(beside, weightsFile), async (file) => {
        await file.truncate(made.weightsSize)
        await made.writeWeights({ write: (offset, bytes) => writeAll(file, offset, bytes) }, onProgress, signal)
      })
      const { model, prompts, weightsSize } = made
      if (model !== undefined) await writeFileWith(path.join(beside, modelFile), (file) => writeAll(file, 0, model))
      if (prompts !== undefined) await writeFileWith(path.join(beside, promptsFile), (file) => writeAll(file, 0, prompts))
      const seal = JSON.stringify({ model: hashOf(model), prompts: hashOf(prompts), weightsSize })
      await writeFileWith(path.join(beside, sealFile), (file) => writeAll(file, 0, Buffer.from(seal)))
      await this.moveIntoPlace(beside, key)
    } catch (error) {
      throw asWriteError(error, entry)
    } finally {
      await rm(beside, { recursive: true, force: true }).catch(() => undefined)
    }
    return entry
  }

  /** Takes an entry away that turned out to be unusable. */
  async remove(key: string): Promise<void> {
    await rm(path.join(this.folder, key), { recursive: true, force: true })
  }

  /** A folder cannot be renamed over one that holds files; if another process was first, its entry is as good. */
  private async moveIntoPlace(beside: string, key: string): Promise<void> {
    const entry = path.join(this.folder, key)
    try {
      await rename(beside, entry)
    } catch (error) {
      if (this.find(key) !== undefined) return
      await this.remove(key)
      await rename(beside, entry).catch(async () => {
        if (this.find(key) === undefined) throw error
      })
    }
  }

  private async markUsed(entry: string): Promise<void> {
    const now = new Date()
    // In a folder that may only be read nothing is ever tidied up either.
    await utimes(entry, now, now).catch(() => undefined)
  }

  /** Only what this cache and the tokenizers' tables beside it are called is its to remove. */
  private async tidyUp(): Promise<void> {
    for (const name of await readdir(this.folder)) {
      const limit = leftOver.test(name) ? abandonedMs : /^[0-9a-f]{32}(\.tokenizer)?$/.test(name) ? unusedMs : Infinity
      const folder = path.join(this.folder, name)
      const age = Date.now() - (await stat(folder).then((stats) => stats.mtimeMs, () => Date.now()))
      if (age > limit) await rm(folder, { recursive: true, force: true }).catch(() => undefined)
    }
  }
}

function hashOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes && sha256(bytes)
}

/** Opens, lets `write` write, and makes sure that the bytes are on the disk before the entry gets its name. */
async function writeFileWith(file: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const handle = await open(file, 'wx')
  try {
    await write(handle)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function writeAll(file: FileHandle, offset: number, bytes: Uint8Array): Promise<void> {
  let written = 0
  while (written < bytes.length) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, offset + written)
    written += bytesWritten
  }
}

/** What the disk says in our words; of an error of another kind nothing is changed. */
function asWriteError(error: unknown, file: string): unknown {
  const isOfDisk = error instanceof Error && 'code' in error && !(error instanceof InklingError) && error.name !== 'AbortError'
  return isOfDisk ? writeFailure(file, error) : error
}
