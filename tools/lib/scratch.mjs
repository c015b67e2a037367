// @ts-check
/** Temporary folders that go when the process that made them goes. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { atEnd } from './processes.mjs'

/**
 * @param {string} purpose a word for the folder's name
 * @returns {{ readonly folder: string, remove: () => void }}
 */
export function scratch(purpose) {
  // Short, because sockets lie in it and their paths may have about a hundred characters; real, because an editor
  // compares paths by their letters and the temporary folder of macOS is a link.
  const folder = mkdtempSync(path.join(realpathSync(os.tmpdir()), `inkling-${purpose}-`))
  const remove = () => {
    forget()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
  const forget = atEnd(remove)
  return { folder, remove }
}

/**
 * The environment in which a program puts its temporary files into `folder`, which then goes with them.
 * @param {string} folder
 * @returns {Readonly<Record<string, string>>}
 */
export function temporaryFilesIn(folder) {
  // On macOS the path of an editor's socket would become longer than the system takes.
  return process.platform === 'linux' ? { TMPDIR: folder } : {}
}
