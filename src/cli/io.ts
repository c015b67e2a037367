import * as fs from 'node:fs/promises'
import { InklingError, reasonOf } from '../base/errors'
import { codeOf } from '../base/fileErrors'

/** Where a command reads and writes, so that a test can be at the other end. */
export interface Io {
  readonly stdin: NodeJS.ReadableStream
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean }
  /** Fires on Ctrl+C. */
  readonly signal: AbortSignal
}

/** Standard input as it is, byte for byte; no line break is taken off. Bytes that are no UTF-8 become U+FFFD. */
export async function readStdin(io: Io): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of io.stdin) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/** A file's text; `-` is standard input. @throws InklingError `file-unreadable` */
export async function readText(file: string, io: Io): Promise<string> {
  if (file === '-') return readStdin(io)
  try {
    return await fs.readFile(file, 'utf8')
  } catch (error) {
    throw InklingError.of('file-unreadable', { file, reason: plainReason(error) }, error)
  }
}

export function printJson(io: Io, value: unknown): void {
  io.stdout.write(JSON.stringify(value, null, 2) + '\n')
}

function plainReason(error: unknown): string {
  switch (codeOf(error)) {
    case 'ENOENT':
      return 'there is no such file'
    case 'EISDIR':
      return 'it is a folder'
    case 'EACCES':
    case 'EPERM':
      return 'permission is denied'
    default:
      return reasonOf(error)
  }
}
