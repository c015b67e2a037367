// @ts-check
/**
 * npm start: installs what is missing, builds, and opens an editor that has the extension and a sample document.
 *   --web       the editor's server and a browser, also where there is a desktop editor
 *   --port N    the server's port; any free one without it
 */
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { desktopEditor, freshProfile, hasDisplay } from './lib/desktop.mjs'
import { ensureInstalled } from './lib/npm.mjs'
import { isEnding, run } from './lib/processes.mjs'
import { localFolder, root } from './lib/project.mjs'
import { runMain, say } from './lib/say.mjs'
import { scratch } from './lib/scratch.mjs'
import { startServer } from './lib/server.mjs'

const home = path.join(localFolder, 'start')
const documentName = 'letter.md'

await runMain(main)

async function main() {
  const { web, port } = readOptions()
  if (!(await ensureInstalled())) say('The packages are installed already')
  say('Building …')
  const built = await run(process.execPath, [path.join(root, 'esbuild.js')])
  if (!built.ok) throw new Error(`The build failed: ${built.reason}.`)

  const folder = copyOfSample()
  const desktop = web || !hasDisplay() ? undefined : desktopEditor()
  if (desktop === undefined) await openServer(folder, port)
  else await openDesktop(desktop, folder)
}

function readOptions() {
  const { values } = parseArgs({ options: { web: { type: 'boolean', default: false }, port: { type: 'string', default: '0' } } })
  const port = Number(values.port)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`--port is ${values.port}, which is not a port number.`)
  return { web: values.web, port }
}

/** What is written in the sample stays for the next start and out of the repository. */
function copyOfSample() {
  const folder = path.join(home, 'sample')
  mkdirSync(folder, { recursive: true })
  if (!existsSync(path.join(folder, documentName))) cpSync(path.join(root, 'sample'), folder, { recursive: true })
  return folder
}

/** The document with line and column of where its text goes on: behind the last word above the comment. @param {string} folder */
function writingPlace(folder) {
  const file = path.join(folder, documentName)
  const lines = readFileSync(file, 'utf8').split(/\r?\n/)
  const comment = lines.indexOf('<!--')
  const line = Math.max(0, lines.slice(0, comment < 0 ? lines.length : comment).findLastIndex((text) => text.trim() !== ''))
  return `${file}:${line + 1}:${(lines[line] ?? '').length + 1}`
}

/** @param {string} editor @param {string} folder */
async function openDesktop(editor, folder) {
  say('Opening VS Code in a window of its own, with a fresh profile; close it, or press Ctrl+C here, to stop')
  // In the terminal of an editor this would make the new one a mere Node.
  const { ELECTRON_RUN_AS_NODE: _, ...env } = process.env
  const profile = freshProfile(scratch('start').folder)
  const ended = await run(editor, [...profile, `--extensionDevelopmentPath=${root}`, folder, '--goto', writingPlace(folder)], { env, stdio: 'ignore' })
  if (!ended.ok && !isEnding()) throw new Error(`VS Code ended: ${ended.reason}. Try npm start -- --web.`)
}

/** @param {string} folder @param {number} port */
async function openServer(folder, port) {
  const server = await startServer({ data: path.join(home, 'server'), linkExtension: true, port })
  say('The editor is ready. Open this address in a browser on this machine; Ctrl+C stops it:')
  console.log(`\n  ${server.address(folder, [['openFile', writingPlace(folder)]])}\n`)
  await server.ended
  if (!isEnding()) throw new Error(`The editor's server ended by itself.\n${server.log()}`)
}
