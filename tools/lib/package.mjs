// @ts-check
/** Makes the package that a person installs: one for each platform, because the runtime in it is native. */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { run } from './processes.mjs'
import { root } from './project.mjs'
import { scratch } from './scratch.mjs'

/** The editor's names of platforms, and where onnxruntime-node keeps its binaries for them. */
const binaries = {
  'linux-x64': 'linux/x64',
  'linux-arm64': 'linux/arm64',
  'darwin-arm64': 'darwin/arm64',
  'win32-x64': 'win32/x64',
  'win32-arm64': 'win32/arm64',
}

/** @typedef {keyof typeof binaries} Target */

export const targets = /** @type {readonly Target[]} */ (Object.keys(binaries))

/** @param {string} name @returns {name is Target} */
export function isTarget(name) {
  return Object.hasOwn(binaries, name)
}

export const thisMachine = `${process.platform}-${process.arch}`

/**
 * Packages what was built.
 * @param {Target} target
 * @param {string} file the package to write
 */
export async function packageExtension(target, file) {
  const { folder, remove } = scratch('package')
  const ignoreFile = path.join(folder, 'vscodeignore')
  const shipped = readFileSync(path.join(root, '.vscodeignore'), 'utf8')
  writeFileSync(ignoreFile, `${shipped}\n!node_modules/onnxruntime-node/bin/napi-v6/${binaries[target]}/**\n`)
  const ended = await run(
    process.execPath,
    [
      path.join(root, 'node_modules/@vscode/vsce/vsce'), 'package', '--target', target, '--out', file, '--ignoreFile', ignoreFile,
      '--allow-missing-repository', '--no-rewrite-relative-links',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  remove()
  if (!ended.ok) throw new Error(`vsce could not make the package: ${ended.reason}.`)
}
