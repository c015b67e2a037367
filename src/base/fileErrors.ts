import { InklingError, reasonOf } from './errors'

/** What the operating system calls the failure, such as ENOENT; the message where it has no name. */
export function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return reasonOf(error)
}

/** What is said when `file` could not be written: `disk-full` or `file-unwritable`. */
export function writeFailure(file: string, error: unknown): InklingError {
  const reason = codeOf(error)
  if (reason === 'ENOSPC' || reason === 'EDQUOT') return InklingError.of('disk-full', { file }, error)
  return InklingError.of('file-unwritable', { file, reason }, error)
}
