import { closeSync, fstatSync, openSync, read, statSync } from 'node:fs'
import { promisify } from 'node:util'
import { InklingError, reasonOf } from '../../base/errors'
import type { ByteSource } from '../../gpt2/byteSource'
import { readAtOnce } from '../readAtOnce'

/** To wait for a thread that reads so little would take longer than to read it, and on a busy machine many times as long. */
const littleBytes = 1 << 20

const readLater = promisify(read)

/** A file on disk, open until it is closed. */
export class FileSource implements ByteSource {
  private whole: Uint8Array | undefined

  private constructor(readonly name: string, readonly sizeBytes: number, private readonly descriptor: number) {}

  /** @throws InklingError `file-unreadable` */
  static open(file: string): FileSource {
    try {
      // Opening a pipe would wait for a writer that never comes.
      if (!statSync(file).isFile()) throw new Error('it is not a file')
      const descriptor = openSync(file, 'r')
      return new FileSource(file, fstatSync(descriptor).size, descriptor)
    } catch (error) {
      throw unreadable(file, error)
    }
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    return this.share(offset, length)?.slice() ?? this.readPart(offset, length)
  }

  share(offset: number, length: number): Uint8Array | undefined {
    return this.whole?.subarray(offset, offset + length)
  }

  /** Reads all of it, in one go: for who is about to ask for many parts, each of which would wait for its turn on a busy machine. */
  readWhole(): void {
    const bytes = new Uint8Array(this.sizeBytes)
    try {
      this.whole = bytes.subarray(0, readAtOnce(this.descriptor, bytes))
    } catch (error) {
      throw unreadable(this.name, error)
    }
  }

  close(): void {
    this.whole = undefined
    closeSync(this.descriptor)
  }

  private async readPart(offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.sizeBytes - offset)))
    let filled = 0
    try {
      while (filled < bytes.length) {
        const bytesRead = await this.readInto(bytes.subarray(filled), offset + filled)
        if (bytesRead === 0) break
        filled += bytesRead
      }
    } catch (error) {
      throw unreadable(this.name, error)
    }
    return bytes.subarray(0, filled)
  }

  private async readInto(bytes: Uint8Array, position: number): Promise<number> {
    if (bytes.length <= littleBytes) return readAtOnce(this.descriptor, bytes, position)
    return (await readLater(this.descriptor, bytes, 0, bytes.length, position)).bytesRead
  }
}

function unreadable(file: string, error: unknown): InklingError {
  return InklingError.of('file-unreadable', { file, reason: reasonOf(error) }, error)
}
