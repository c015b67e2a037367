import * as fs from 'node:fs/promises'
import * as path from 'node:path'
import { hashFile } from './folderSource'
import type { InstalledModel } from './store'

/** What became of a file since it was installed. */
export interface FileProblem {
  readonly path: string
  readonly problem: 'missing' | 'size' | 'content'
}

/**
 * Reads every file of an installed model again and compares it with what was installed.
 * @throws InklingError `file-unreadable`; CancelledError
 */
export async function verifyModel({ folder, manifest, sizeBytes: totalBytes }: InstalledModel, onRead: (bytes: number, totalBytes: number) => void, signal: AbortSignal): Promise<readonly FileProblem[]> {
  const problems: FileProblem[] = []
  let before = 0
  for (const { path: name, sizeBytes, sha256: expected } of manifest.files) {
    const file = path.join(folder, ...name.split('/'))
    const stat = await fs.stat(file).catch(() => undefined)
    if (!stat?.isFile()) problems.push({ path: name, problem: 'missing' })
    else if (stat.size !== sizeBytes) problems.push({ path: name, problem: 'size' })
    else {
      const { sha256 } = await hashFile(file, { sizeBytes, digest: undefined }, (bytes) => onRead(before + bytes, totalBytes), signal)
      if (sha256 !== expected) problems.push({ path: name, problem: 'content' })
    }
    before += sizeBytes
  }
  return problems
}

/** The problems as a person reads them. */
export function describeProblems(problems: readonly FileProblem[]): string {
  const words = { missing: 'is missing', size: 'has another size', content: 'was changed' } as const
  return problems.map(({ path: name, problem }) => `${name} ${words[problem]}`).join(', ')
}
