// @ts-check
/** Calls npm, and installs this repository's packages when they differ from the lock file. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { run } from './processes.mjs'
import { isWindows, root } from './project.mjs'
import { say } from './say.mjs'

/** @typedef {Readonly<Record<string, { readonly version?: string, readonly optional?: boolean } | undefined>>} Packages */

/** @param {readonly string[]} args @param {string} cwd */
export async function npm(args, cwd) {
  const script = process.env.npm_execpath
  // The script that runs us is npm's own file; without it Windows needs a shell to find npm.cmd.
  const result = script !== undefined && path.basename(script) === 'npm-cli.js'
    ? await run(process.execPath, [script, ...args], { cwd })
    : await run(isWindows ? 'npm.cmd' : 'npm', args, { cwd, shell: isWindows })
  if (!result.ok) throw new Error(`npm ${args.join(' ')} failed: ${result.reason}.`)
}

/** @returns {Promise<boolean>} whether anything was installed */
export async function ensureInstalled() {
  if (isInstalled()) return false
  say('Installing the packages of package-lock.json, once …')
  // No install scripts: those of onnxruntime-node and tfjs-node would download libraries that nothing here needs.
  await npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], root)
  return true
}

/**
 * npm writes what it installed into a lock file of its own. Contents are compared and not times, which change whenever
 * git touches a file.
 */
function isInstalled() {
  const installed = packagesIn(path.join(root, 'node_modules/.package-lock.json'))
  const wanted = packagesIn(path.join(root, 'package-lock.json'))
  if (installed === undefined || wanted === undefined) return false
  return Object.entries(wanted).every(([place, entry]) => {
    if (place === '' || entry === undefined) return true // the first is this repository itself
    const found = installed[place]
    // Those for other platforms are optional and stay out.
    return found === undefined ? entry.optional === true : found.version === entry.version
  })
}

/** @param {string} lockFile @returns {Packages | undefined} */
function packagesIn(lockFile) {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8')).packages
  } catch {
    return undefined // not there, or half written by an install that was cut off
  }
}
