import { open, type FileHandle } from 'node:fs/promises'
import type { ByteSource } from '../gpt2/byteSource'

/** Runs `read` on a file that is open only that long. */
export async function withFile<T>(file: string, read: (source: ByteSource) => Promise<T>): Promise<T> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    return await read({ name: file, sizeBytes: size, read: (offset, length) => readAt(handle, offset, Math.max(0, Math.min(length, size - offset))) })
  } finally {
    await handle.close()
  }
}

async function readAt(handle: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, offset + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes.subarray(0, filled)
}
