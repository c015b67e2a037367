import { reasonOf } from './errors'

/** What the operating system calls the failure, such as ENOENT; the message where it has no name. */
export function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return reasonOf(error)
}
