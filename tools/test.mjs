// @ts-check
/**
 * npm test: everything that has to pass, in the order in which it fails fastest. `npm test -- unit ui` runs some parts.
 * The last line is the sum; what crashes or never ends counts as failed.
 */
import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { ensureCodeServer } from './lib/codeServer.mjs'
import { ensureInstalled } from './lib/npm.mjs'
import { run } from './lib/processes.mjs'
import { root } from './lib/project.mjs'
import { say } from './lib/say.mjs'
import { scratch, temporaryFilesIn } from './lib/scratch.mjs'
import { add, countHostResults, judge, nothing, readHostResults, readVitest, sentence } from './lib/tally.mjs'

/** @typedef {import('./lib/tally.mjs').Tally} Tally */

const results = path.join(root, 'test-results')
const minutes = 60_000
const packages = path.join(root, 'node_modules')

/** What a part leaves when it is cut off goes with this. */
const env = { ...process.env, ...temporaryFilesIn(scratch('test').folder) }

/** @type {Readonly<Record<string, () => Promise<Tally>>>} */
const parts = {
  types: async () => {
    const tsc = path.join(packages, 'typescript/bin/tsc')
    // The Studio's page has the browser's types, which the rest must not lean on.
    return add(await check(tsc, ['-p', '.']), await check(tsc, ['-p', 'test/unit/webview-ui']))
  },
  lint: () => check(path.join(packages, 'eslint/bin/eslint.js'), ['.', '--max-warnings=0']),
  unit: () => vitest('vitest.config.mjs', 20 * minutes),
  wide: wideVectors,
  build: () => check(path.join(root, 'esbuild.js'), ['--tests']),
  host: hostTests,
  ui: () => vitest('vitest.ui.config.mjs', 20 * minutes),
}

/** What a part needs besides the packages. @type {Readonly<Record<string, readonly string[]>>} */
const needs = { host: ['build'], ui: ['build'] }

await main(process.argv.slice(2))

/** @param {readonly string[]} asked */
async function main(asked) {
  const unknown = asked.filter((name) => !(name in parts))
  if (unknown.length > 0) {
    console.error(`There is no part ${unknown.join(', ')}. The parts are ${Object.keys(parts).join(', ')}.`)
    process.exitCode = 2
    return
  }
  const chosen = Object.keys(parts).filter((name) => asked.length === 0 || asked.some((wish) => wish === name || needs[wish]?.includes(name)))
  let sum = nothing
  try {
    await ensureInstalled()
    mkdirSync(results, { recursive: true })
    for (const name of chosen) sum = add(sum, await runPart(name))
  } catch (error) {
    console.error(error)
    sum = add(sum, { ...nothing, failed: 1 })
  }
  console.log(`\n${sentence(sum)}`)
  process.exitCode = sum.failed === 0 ? 0 : 1
}

/** @param {string} name @returns {Promise<Tally>} */
async function runPart(name) {
  say(`${name} …`)
  const tally = await (parts[name]?.() ?? nothing)
  say(`${name}: ${sentence(tally)}`)
  return tally
}

/** A program that is right or wrong as a whole. @param {string} script @param {readonly string[]} args @returns {Promise<Tally>} */
async function check(script, args) {
  const ended = await run(process.execPath, [script, ...args], { env, timeoutMs: 10 * minutes })
  if (!ended.ok) console.error(`${path.basename(script)}: ${ended.reason}`)
  return ended.ok ? { ...nothing, passed: 1 } : { ...nothing, failed: 1 }
}

/** GPT-2's numbers once more on the editor's own Node, where it is another one: its V8 makes other code of the kernels. @returns {Promise<Tally>} */
async function wideVectors() {
  const { node } = await ensureCodeServer()
  return node === process.execPath ? nothing : vitest('vitest.config.mjs', 10 * minutes, node, ['test/reference/gpt2'])
}

/** @param {string} config @param {number} timeoutMs @param {string} [node] @param {readonly string[]} [files] @returns {Promise<Tally>} */
async function vitest(config, timeoutMs, node = process.execPath, files = []) {
  const report = path.join(results, `${config}.json`)
  rmSync(report, { force: true })
  const ended = await run(
    node,
    [path.join(packages, 'vitest/vitest.mjs'), 'run', ...files, '--config', config, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    { env, timeoutMs },
  )
  if (!ended.ok) console.error(`vitest: ${ended.reason}`)
  return judge(readVitest(report), ended.ok)
}

/** @returns {Promise<Tally>} */
async function hostTests() {
  const file = path.join(results, 'host.jsonl')
  rmSync(file, { force: true })
  const ended = await run(process.execPath, [path.join(root, 'tools/hostTests.mjs')], { env: { ...env, INKLING_TEST_RESULTS: file }, timeoutMs: 15 * minutes })
  const tests = readHostResults(file)
  for (const { state, title, error } of tests) console.log(`  ${state.padEnd(7)} ${title}${error === undefined ? '' : `\n${error}`}`)
  return judge(countHostResults(tests), ended.ok)
}
