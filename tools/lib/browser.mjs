// @ts-check
/** Finds a Chromium, the user's own before any that has to be fetched. What counts is that it starts. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { chromium } from 'playwright-core'
import { onPath } from './desktop.mjs'
import { run } from './processes.mjs'
import { root } from './project.mjs'
import { say } from './say.mjs'

/** @typedef {{ readonly executablePath: string } | { readonly channel: string }} Browser */

/** Nothing here may ask the network; a sandbox needs rights that containers lack, and the pages are our own. */
export const browserArguments = [
  '--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
]

const fetchTimeoutMs = 10 * 60_000

/** @returns {Promise<Browser>} */
export async function findBrowser() {
  const named = process.env.CHROMIUM_EXECUTABLE
  if (named !== undefined) return { executablePath: named }
  for (const candidates of [installed, fromDebian, fromPlaywright]) {
    for (const browser of await candidates()) if (await starts(browser)) return browser
  }
  throw new Error('No Chromium was found and none could be fetched. Install Chrome or Chromium, or name one by CHROMIUM_EXECUTABLE.')
}

/** @returns {Browser[]} */
function installed() {
  const executablePath = onPath(['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'])
  return [
    ...(executablePath === undefined ? [] : [{ executablePath }]),
    { channel: 'chrome' },
    { channel: 'msedge' },
    ...playwrights(),
  ]
}

/** @returns {Promise<Browser[]>} */
async function fromDebian() {
  if (process.getuid?.() !== 0 || onPath(['apt-get']) === undefined) return []
  say('Getting Chromium from the distribution, once …')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  await run('apt-get', ['update', '-qq'], { env, timeoutMs: fetchTimeoutMs })
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], { env, timeoutMs: fetchTimeoutMs })
  const executablePath = onPath(['chromium'])
  return executablePath === undefined ? [] : [{ executablePath }]
}

/** @returns {Promise<Browser[]>} */
async function fromPlaywright() {
  say('Getting Playwright’s Chromium, once …')
  await run(process.execPath, [path.join(root, 'node_modules/playwright-core/cli.js'), 'install', 'chromium'], { timeoutMs: fetchTimeoutMs })
  return playwrights()
}

/** @returns {Browser[]} */
function playwrights() {
  const executablePath = chromium.executablePath()
  return existsSync(executablePath) ? [{ executablePath }] : []
}

/** @param {Browser} browser */
async function starts(browser) {
  try {
    const instance = await chromium.launch({ ...browser, args: browserArguments, timeout: 30_000 })
    await instance.close()
    return true
  } catch {
    return false
  }
}
