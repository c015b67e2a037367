// @ts-check
/**
 * Runs the suite of test/host inside a real editor: the desktop's where there is one or one can be had, else the
 * server's extension host with a browser as its window. The suite and its results file are the same.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { runTests } from '@vscode/test-electron'
import { chromium } from 'playwright-core'
import { browserArguments, findBrowser } from './lib/browser.mjs'
import { desktopEditor, freshProfile, hasDisplay } from './lib/desktop.mjs'
import { keepEvidence } from './lib/evidence.mjs'
import { atEnd, isEnding } from './lib/processes.mjs'
import { root } from './lib/project.mjs'
import { say } from './lib/say.mjs'
import { scratch } from './lib/scratch.mjs'
import { startServer } from './lib/server.mjs'

/** @typedef {'desktop' | 'download' | 'server'} Host */

const tests = path.join(root, 'out/test/host/index.js')
const failureFolder = path.join(root, 'test-results/host')
const limitMs = 10 * 60_000
/** A firewall that drops packets would otherwise hold us for minutes. */
const probeMs = 4_000

const hosts = { desktop: onDesktop, download: onDesktop, server: onServer }
const host = await chooseHost()
say(`The editor that runs the tests: ${host}`)
rmSync(failureFolder, { recursive: true, force: true })
process.exitCode = await hosts[host]()

/** @returns {Promise<Host>} */
async function chooseHost() {
  const named = process.env.INKLING_TEST_HOST
  if (named === 'desktop' || named === 'download' || named === 'server') return named
  if (named !== undefined) throw new Error(`INKLING_TEST_HOST is ${named}, which is not desktop, download or server.`)
  if (!hasDisplay()) return 'server'
  if (desktopEditor() !== undefined) return 'desktop'
  return (await downloadsWork()) ? 'download' : 'server'
}

async function downloadsWork() {
  try {
    const answer = await fetch('https://update.code.visualstudio.com/api/releases/stable', { signal: AbortSignal.timeout(probeMs) })
    return answer.ok
  } catch {
    return false
  }
}

async function onDesktop() {
  const { folder } = scratch('host')
  const workspace = newFolder(folder, 'workspace')
  const vscodeExecutablePath = host === 'desktop' ? desktopEditor() : undefined
  try {
    return await runTests({
      ...(vscodeExecutablePath === undefined ? {} : { vscodeExecutablePath }),
      extensionDevelopmentPath: root,
      extensionTestsPath: tests,
      launchArgs: [workspace, ...freshProfile(path.join(folder, 'data'))],
    })
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    return 1
  }
}

async function onServer() {
  const { folder: data } = scratch('host')
  const workspace = newFolder(data, 'workspace')
  const server = await startServer({ data, testDriver: true })
  const window = await chromium.launchPersistentContext(path.join(data, 'browser'), { ...(await findBrowser()), args: browserArguments, viewport: { width: 1280, height: 800 } })
  atEnd(() => window.close())
  const page = window.pages()[0] ?? (await window.newPage())

  /** @type {string[]} */
  const console = []
  await page.exposeFunction('codeAutomationLog', (/** @type {string} */ type, /** @type {readonly unknown[]} */ words) => {
    console.push(`${type}: ${words.map(String).join(' ')}`)
  })
  /** @type {Promise<string>} what went wrong; empty when all passed */
  const outcome = new Promise((resolve) => {
    void page.exposeFunction('codeAutomationExit', (/** @type {number} */ code) => resolve(code === 0 ? '' : 'tests failed')).then(() =>
      page.goto(server.address(workspace, [['extensionDevelopmentPath', root], ['extensionTestsPath', tests]])),
    ).catch((/** @type {unknown} */ error) => resolve(String(error)))
    page.once('crash', () => resolve('the page crashed'))
    void server.ended.then(() => resolve('the server ended'))
    setTimeout(() => resolve(`the tests took longer than ${limitMs / 60_000} minutes`), limitMs).unref()
  })

  const problem = await outcome
  if (isEnding()) return 1
  if (problem !== '') {
    keepEvidence(failureFolder, data, server.log())
    writeFileSync(path.join(failureFolder, 'console.log'), console.join('\n'))
    await page.screenshot({ path: path.join(failureFolder, 'window.png'), timeout: 10_000 }).catch(() => undefined) // a crashed page has none
    say(`${problem}; see test-results/host`)
  }
  await window.close()
  await server.stop()
  return problem === '' ? 0 : 1
}

/** @param {string} parent @param {string} name */
function newFolder(parent, name) {
  const folder = path.join(parent, name)
  mkdirSync(folder, { recursive: true })
  return folder
}
