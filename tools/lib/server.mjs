// @ts-check
/** One running server of the editor: its address, its log, its end. It listens on this machine only, behind a token. */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { URLSearchParams } from 'node:url'
import { ensureCodeServer } from './codeServer.mjs'
import { end, start } from './processes.mjs'
import { isWindows, manifest, root } from './project.mjs'
import { scratch } from './scratch.mjs'

const startTimeoutMs = 60_000

/** A workbench without greetings, without other assistants and without anything that asks the network. */
export const calmSettings = {
  'telemetry.telemetryLevel': 'off',
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.tips.enabled': false,
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'chat.disableAIFeatures': true,
  'update.mode': 'none',
}

/**
 * @typedef {object} ServerOptions
 * @property {string} data the folder that holds its settings, extensions and state
 * @property {Readonly<Record<string, unknown>>} [settings] the user's settings, where the folder has none yet
 * @property {boolean} [linkExtension] whether this repository is an installed extension in it
 * @property {string} [vsix] a packaged extension to install in it
 * @property {number} [port] 0: any free one
 * @property {boolean} [testDriver] lets a page run extension tests; dialogs and notifications do not work then
 * @property {Readonly<Record<string, string>>} [env] joined to ours; reaches the extension host
 *
 * @typedef {object} Server
 * @property {string} authority host and port
 * @property {(folder: string, payload?: readonly (readonly [string, string])[]) => string} address of a page that opens
 *   `folder`; the second of each pair is a path on the server's machine, that of `openFile` may end in `:line:column`
 * @property {() => string} log
 * @property {Promise<void>} ended
 * @property {() => Promise<void>} stop
 */

/** @param {ServerOptions} options @returns {Promise<Server>} */
export async function startServer({ data, settings = calmSettings, linkExtension = false, vsix, port = 0, testDriver = false, env = {} }) {
  const { node, main } = await ensureCodeServer()
  writeSettings(data, settings)
  if (linkExtension) linkInto(path.join(data, 'extensions'))
  const installation = vsix === undefined ? [] : ['--install-extension', vsix, '--start-server']

  const token = randomBytes(24).toString('hex')
  const temporary = scratch('server')
  const child = start(
    node,
    [
      main, '--host', '127.0.0.1', '--port', String(port), '--connection-token', token, '--accept-server-license-terms',
      '--disable-workspace-trust', '--telemetry-level', 'off', '--server-data-dir', data,
      ...(testDriver ? ['--enable-smoke-test-driver'] : []), ...installation,
    ],
    { env: { ...cleanEnvironment(temporary.folder), ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  )

  let log = ''
  /** @type {Promise<void>} */
  const ended = new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  const stop = async () => {
    await end(child)
    temporary.remove()
  }
  /** @type {Promise<string>} */
  const listening = new Promise((resolve, reject) => {
    const onText = (/** @type {Buffer} */ chunk) => {
      log += chunk.toString()
      const found = /Web UI available at http:\/\/[^:/]+:(\d+)/.exec(log)?.[1]
      if (found !== undefined) resolve(found)
    }
    child.stdout?.on('data', onText)
    child.stderr?.on('data', onText)
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`The editor's server ended before it listened.\n${log}`)))
    setTimeout(() => reject(new Error(`The editor's server did not start within a minute.\n${log}`)), startTimeoutMs).unref()
  })

  try {
    const authority = `127.0.0.1:${await listening}`
    return { authority, address: (folder, payload = []) => address(authority, token, folder, payload), log: () => log, ended, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/**
 * The user's settings, and those of the machine that the server runs on: it reads settings of machine scope only there.
 * @param {string} data
 */
export function settingsFiles(data) {
  return ['User', 'Machine'].map((kind) => path.join(data, 'data', kind, 'settings.json'))
}

/** @param {string} data @param {Readonly<Record<string, unknown>>} settings */
function writeSettings(data, settings) {
  for (const file of settingsFiles(data)) {
    if (existsSync(file)) continue
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, JSON.stringify(settings, undefined, 2))
  }
}

/** The editor lists what lies in the folder when there is no index in it. @param {string} extensions */
function linkInto(extensions) {
  rmSync(extensions, { recursive: true, force: true })
  mkdirSync(extensions, { recursive: true })
  const { publisher, name, version } = manifest()
  symlinkSync(root, path.join(extensions, `${publisher}.${name}-${version}`), 'junction')
}

/**
 * Ours without what an editor or a test runner that we may run in has put there.
 * @param {string} temporary where its sockets go, which it leaves behind
 */
function cleanEnvironment(temporary) {
  const kept = Object.entries(process.env).filter(([name]) => !/^(VSCODE_|ELECTRON_|VITEST|NODE_ENV$|NODE_OPTIONS$|XDG_RUNTIME_DIR$)/.test(name))
  return { ...Object.fromEntries(kept), ...(isWindows ? {} : { TMPDIR: temporary }) }
}

/**
 * @param {string} authority @param {string} token @param {string} folder a folder, or the file of a workspace
 * @param {readonly (readonly [string, string])[]} payload
 */
function address(authority, token, folder, payload) {
  const query = new URLSearchParams({ tkn: token, [folder.endsWith('.code-workspace') ? 'workspace' : 'folder']: uriPath(folder) })
  if (payload.length > 0) {
    const files = payload.map(([name, file]) => [name, `vscode-remote://${authority}${encodeURI(uriPath(file))}`])
    query.set('payload', JSON.stringify([...files, ['gotoLineMode', 'true']]))
  }
  return `http://${authority}/?${query}`
}

/** @param {string} file */
function uriPath(file) {
  return isWindows ? `/${file.replaceAll('\\', '/')}` : file
}
