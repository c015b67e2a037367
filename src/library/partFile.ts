import { constants } from 'node:fs'
import * as fs from 'node:fs/promises'
import { throwIfCancelled } from '../base/cancellation'
import { InklingError, reasonOf } from '../base/errors'
import { FileHasher, type Digest } from './digest'

/** What a file is to become. */
export interface ExpectedFile {
  readonly sizeBytes: number
  readonly digest: Digest | undefined
}

/**
 * A file on its way: `target.part` holds what has arrived, and `target.part.etag` which version of the file it is a part
 * of. Both outlive the process, so a later one goes on where this one stopped.
 */
export class PartFile {
  private constructor(
    private readonly target: string,
    private readonly handle: fs.FileHandle,
    private readonly expected: ExpectedFile,
    private hasher: FileHasher,
    private size: number,
    private version: string | undefined,
  ) {}

  /** Opens what an earlier try has left, and hashes it; more than the whole file is thrown away. */
  static async open(target: string, expected: ExpectedFile, signal: AbortSignal): Promise<PartFile> {
    // Neither truncating nor appending: Windows lets no handle opened for appending be truncated.
    const handle = await guardWrite(target, () => fs.open(`${target}.part`, constants.O_RDWR | constants.O_CREAT))
    try {
      const hasher = new FileHasher(expected.digest, expected.sizeBytes)
      const etag = await fs.readFile(`${target}.part.etag`, 'utf8').catch(() => undefined)
      const part = new PartFile(target, handle, expected, hasher, 0, etag)
      await part.readBack(signal)
      return part
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** Bytes that are there. */
  get length(): number {
    return this.size
  }

  get etag(): string | undefined {
    return this.version
  }

  async setEtag(etag: string | undefined): Promise<void> {
    if (etag === this.version) return
    this.version = etag
    const file = `${this.target}.part.etag`
    if (etag === undefined) await fs.rm(file, { force: true })
    else await guardWrite(file, () => fs.writeFile(file, etag))
  }

  async append(bytes: Uint8Array): Promise<void> {
    let written = 0
    while (written < bytes.length) {
      const { bytesWritten } = await guardWrite(this.target, () => this.handle.write(bytes, written, bytes.length - written, this.size + written))
      written += bytesWritten
    }
    this.hasher.update(bytes)
    this.size += bytes.length
  }

  /** Begins again from nothing. */
  async reset(): Promise<void> {
    await guardWrite(this.target, () => this.handle.truncate(0))
    this.hasher = new FileHasher(this.expected.digest, this.expected.sizeBytes)
    this.size = 0
    await this.setEtag(undefined)
  }

  /** To be called when all has arrived: puts the file in place, or empties the part when the hash is a wrong one. */
  async finish(): Promise<{ readonly sha256: string } | { readonly mismatch: string }> {
    const { sha256, mismatch } = this.hasher.finish()
    if (mismatch !== undefined) {
      await this.reset()
      return { mismatch }
    }
    // On disk before it has its name: a power cut must not leave a file that only looks whole.
    await guardWrite(this.target, () => this.handle.sync())
    await this.handle.close()
    await guardWrite(this.target, () => fs.rename(`${this.target}.part`, this.target))
    await fs.rm(`${this.target}.part.etag`, { force: true })
    return { sha256 }
  }

  /** Keeps what has arrived. */
  async close(): Promise<void> {
    // Closed already when it was finished.
    await this.handle.close().catch(() => undefined)
  }

  private async readBack(signal: AbortSignal): Promise<void> {
    const { size } = await this.handle.stat()
    if (size > this.expected.sizeBytes) return this.reset()
    const buffer = new Uint8Array(1 << 20)
    while (this.size < size) {
      throwIfCancelled(signal)
      const { bytesRead } = await this.handle.read(buffer, 0, buffer.length, this.size)
      if (bytesRead === 0) break
      this.hasher.update(buffer.subarray(0, bytesRead))
      this.size += bytesRead
    }
  }
}

/** Runs `write`; what the disk refuses becomes an error of the catalogue. */
export async function guardWrite<T>(file: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOSPC' || code === 'EDQUOT') throw InklingError.of('disk-full', { file }, error)
    throw InklingError.of('file-unwritable', { file, reason: reasonOf(error) }, error)
  }
}
