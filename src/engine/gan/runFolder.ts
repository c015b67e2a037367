import * as fs from 'node:fs/promises'
import * as path from 'node:path'
import { InklingError } from '../../base/errors'
import { decodeCheckpoint, encodeCheckpoint, type Checkpoint } from '../../gan/checkpoint'
import { isRunId, parseRunSummary, runFiles, type RunSummary } from '../../gan/runs'
import { writeAtomically } from '../atomicFile'
import { codeOf, writeFailure } from '../../base/fileErrors'

/** One training run on disk, in a folder of the user's choice; laid out as the Studio lays out its own. */
export class RunFolder {
  constructor(readonly folder: string) {}

  /** Whether a run lies here that could be continued. */
  async exists(): Promise<boolean> {
    return fs.stat(this.file(runFiles.checkpoint)).then(() => true, () => false)
  }

  /** @throws InklingError `gan-run-missing`, `gan-checkpoint-broken`, `file-unreadable` */
  async load(): Promise<Checkpoint> {
    const file = this.file(runFiles.checkpoint)
    let bytes: Uint8Array
    try {
      bytes = await fs.readFile(file)
    } catch (error) {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') throw InklingError.of('gan-run-missing', { folder: this.folder })
      throw InklingError.of('file-unreadable', { file, reason: codeOf(error) }, error)
    }
    return decodeCheckpoint(bytes)
  }

  /** On the disk when this settles; what was there before stays whole until then. @throws InklingError */
  async save(checkpoint: Checkpoint): Promise<void> {
    await this.make()
    await writeAtomically(this.file(runFiles.checkpoint), encodeCheckpoint(checkpoint))
    await writeAtomically(this.file(runFiles.curves), checkpoint.curves.toCsv())
    await writeAtomically(this.file(runFiles.summary), `${JSON.stringify(await this.summaryOf(checkpoint), undefined, 2)}\n`)
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    await this.make()
    await writeAtomically(this.file(name), bytes)
  }

  private async make(): Promise<void> {
    try {
      await fs.mkdir(this.folder, { recursive: true })
    } catch (error) {
      throw writeFailure(this.folder, error)
    }
  }

  private async summaryOf({ settings, step, backend }: Checkpoint): Promise<RunSummary> {
    const before = await fs.readFile(this.file(runFiles.summary), 'utf8').then((text) => parseRunSummary(JSON.parse(text)), () => undefined).catch(() => undefined)
    const name = path.basename(path.resolve(this.folder))
    const id = name.toLowerCase().replaceAll(/[^a-z0-9-]+/g, '-').replace(/^-+/, '').slice(0, 64)
    return { id: before?.id ?? (isRunId(id) ? id : 'run'), name: before?.name ?? (name || 'run'), createdAt: before?.createdAt ?? new Date().toISOString(), settings, step, backend }
  }

  private file(name: string): string {
    return path.join(this.folder, name)
  }
}
