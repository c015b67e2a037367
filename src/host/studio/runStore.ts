import * as fs from 'node:fs/promises'
import * as path from 'node:path'
import { InklingError } from '../../base/errors'
import { Mutex } from '../../base/mutex'
import type { Backend } from '../../gan/ganEngine'
import { cleanRunName, isRunId, parseRunSummary, runFiles, type RunSummary } from '../../gan/runs'
import { parseSettings } from '../../gan/settings'
import { writeAtomically } from '../../engine/atomicFile'
import { codeOf, writeFailure } from '../../base/fileErrors'

/** The pictures of a run that learns from the user's own. */
const dataFile = 'pictures.inkdigits'

export type Which = 'newest' | 'good'

export interface SaveCheckpoint {
  readonly step: number
  /** No alarm so far: it also becomes the last good one. */
  readonly good: boolean
  readonly backend: Backend
  readonly settings: unknown
  readonly checkpoint: Uint8Array
}

/** What the store gets handed in. */
export interface StoreNeeds {
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** A few letters and digits that no other run has. */
  readonly unique: () => string
}

/** Training runs on disk: a folder each, laid out as the command line expects it. */
export class RunStore {
  /** Two writes to one run must not overtake each other. */
  private readonly writing = new Mutex()

  constructor(
    private readonly root: string,
    private readonly needs: StoreNeeds,
  ) {}

  /** Newest first. A folder that holds no run, or a broken one, is passed over. */
  async list(): Promise<RunSummary[]> {
    const names = await fs.readdir(this.root).catch(() => [])
    const runs = await Promise.all(names.filter(isRunId).map((id) => this.read(id).catch(() => undefined)))
    return runs.filter((run) => run !== undefined).sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt))
  }

  /** @param settings from the page: checked here. @throws InklingError */
  async create(name: string, settings: unknown): Promise<RunSummary> {
    const createdAt = new Date(this.needs.now()).toISOString()
    const id = `${createdAt.slice(0, 19).replaceAll(/[-:]/g, '').toLowerCase()}-${this.needs.unique()}`
    const run: RunSummary = { id, name: cleanRunName(name) ?? id, createdAt, settings: parseSettings(settings), step: 0, backend: undefined }
    await fs.mkdir(this.folder(id), { recursive: true }).catch((error: unknown) => {
      throw writeFailure(this.folder(id), error)
    })
    await this.write(run)
    return run
  }

  /** @throws InklingError `gan-run-missing` */
  async read(id: string): Promise<RunSummary> {
    const text = await this.bytes(id, runFiles.summary)
    const run = text && parse(text)
    if (run?.id !== id) throw InklingError.of('gan-run-missing', { folder: this.folder(id) })
    return run
  }

  /** Its newest checkpoint, or the last one before an alarm; undefined when there is none. Waits for what is being written. */
  checkpoint(id: string, which: Which): Promise<Uint8Array | undefined> {
    return this.writing.run(() => this.bytes(id, which === 'good' ? runFiles.good : runFiles.checkpoint))
  }

  /**
   * On the disk when this settles; the checkpoint before it stays whole until then.
   * @param save with the settings as they stand in the checkpoint: some may have changed during the run
   * @throws InklingError
   */
  saveCheckpoint(id: string, save: SaveCheckpoint): Promise<RunSummary> {
    return this.writing.run(async () => {
      const run: RunSummary = { ...(await this.read(id)), settings: parseSettings(save.settings), step: save.step, backend: save.backend }
      if (save.good) await writeAtomically(this.file(id, runFiles.good), save.checkpoint)
      if (save.good) await this.linkNewest(id)
      else await writeAtomically(this.file(id, runFiles.checkpoint), save.checkpoint)
      await this.write(run)
      return run
    })
  }

  rename(id: string, name: string): Promise<RunSummary> {
    return this.writing.run(async () => {
      const before = await this.read(id)
      const run = { ...before, name: cleanRunName(name) ?? before.name }
      await this.write(run)
      return run
    })
  }

  async remove(id: string): Promise<void> {
    const folder = this.folder(id)
    await this.writing.run(() => fs.rm(folder, { recursive: true, force: true }))
  }

  saveData(id: string, data: Uint8Array): Promise<void> {
    return this.writing.run(async () => {
      await this.read(id)
      await writeAtomically(this.file(id, dataFile), data)
    })
  }

  async data(id: string): Promise<Uint8Array | undefined> {
    return this.bytes(id, dataFile)
  }

  /** @throws InklingError for what is not a run's name: nothing outside the store can be named. */
  folder(id: string): string {
    const asked = id.slice(0, 64)
    if (!isRunId(id)) throw InklingError.of('gan-run-missing', { folder: asked })
    return path.join(this.root, id)
  }

  /** The newest checkpoint is the good one: one file under two names, so that it takes its space once. */
  private async linkNewest(id: string): Promise<void> {
    const beside = this.file(id, `.${runFiles.checkpoint}.link`)
    const newest = this.file(id, runFiles.checkpoint)
    await fs.rm(beside, { force: true })
    try {
      await fs.link(this.file(id, runFiles.good), beside)
    } catch {
      // A file system without hard links.
      await fs.copyFile(this.file(id, runFiles.good), beside).catch(async (error: unknown) => {
        await fs.rm(beside, { force: true })
        throw writeFailure(newest, error)
      })
    }
    await fs.rename(beside, newest)
    // Renaming one name of a file over another of the same file does nothing, and leaves the first.
    await fs.rm(beside, { force: true })
  }

  private write(run: RunSummary): Promise<void> {
    return writeAtomically(this.file(run.id, runFiles.summary), `${JSON.stringify(run, undefined, 2)}\n`)
  }

  private file(id: string, name: string): string {
    return path.join(this.folder(id), name)
  }

  private async bytes(id: string, name: string): Promise<Uint8Array | undefined> {
    const file = this.file(id, name)
    try {
      // A plain array: the editor's messages carry it as bytes, a Buffer not everywhere.
      const content = await fs.readFile(file)
      return new Uint8Array(content.buffer, content.byteOffset, content.byteLength)
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      throw InklingError.of('file-unreadable', { file, reason: codeOf(error) }, error)
    }
  }
}

function parse(text: Uint8Array): RunSummary | undefined {
  try {
    return parseRunSummary(JSON.parse(new TextDecoder().decode(text)))
  } catch {
    // Not JSON: as good as no summary.
    return undefined
  }
}
