// @ts-check
/** Where things are in this repository, and what its manifest says. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')

/** Downloaded editors and what they keep; ignored by git. */
export const localFolder = path.join(root, '.vscode-test')

export const isWindows = process.platform === 'win32'

/** @returns {{ readonly publisher: string, readonly name: string, readonly version: string }} */
export function manifest() {
  /** @type {unknown} */
  const parsed = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))
  const { publisher, name, version } = /** @type {Record<string, unknown>} */ (parsed)
  return { publisher: String(publisher), name: String(name), version: String(version) }
}
