import { open, stat, type FileHandle } from 'node:fs/promises'
import { InklingError, reasonOf } from '../../base/errors'
import type { ByteSource } from '../../gpt2/byteSource'

/** A file on disk, open until it is closed. */
export class FileSource implements ByteSource {
  private whole: Uint8Array | undefined

  private constructor(readonly name: string, readonly sizeBytes: number, private readonly handle: FileHandle) {}

  /** @throws InklingError `file-unreadable` */
  static async open(file: string): Promise<FileSource> {
    try {
      const stats = await stat(file)
      // Opening a pipe would wait for a writer that never comes.
      if (!stats.isFile()) throw new Error('it is not a file')
      return new FileSource(file, stats.size, await open(file, 'r'))
    } catch (error) {
      throw unreadable(file, error)
    }
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    return this.whole?.slice(offset, offset + length) ?? this.readPart(offset, length)
  }

  /** Reads all of it: for who is about to ask for many parts, each of which would wait for its turn on a busy machine. */
  async readWhole(): Promise<void> {
    this.whole = await this.readPart(0, this.sizeBytes)
  }

  async close(): Promise<void> {
    this.whole = undefined
    await this.handle.close()
  }

  private async readPart(offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.sizeBytes - offset)))
    let filled = 0
    try {
      while (filled < bytes.length) {
        const { bytesRead } = await this.handle.read(bytes, filled, bytes.length - filled, offset + filled)
        if (bytesRead === 0) break
        filled += bytesRead
      }
    } catch (error) {
      throw unreadable(this.name, error)
    }
    return bytes.subarray(0, filled)
  }
}

function unreadable(file: string, error: unknown): InklingError {
  return InklingError.of('file-unreadable', { file, reason: reasonOf(error) }, error)
}
