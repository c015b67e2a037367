import { readSync } from 'node:fs'

/**
 * Fills memory from a file, in this thread.
 * @returns how many bytes there were; fewer than asked for only where the file ends
 * @throws what the system says
 */
export function readAtOnce(descriptor: number, to: Uint8Array, position = 0): number {
  let filled = 0
  while (filled < to.length) {
    const bytesRead = readSync(descriptor, to, filled, to.length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return filled
}
