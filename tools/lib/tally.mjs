// @ts-check
/** Counts of tests, and how each kind of test run writes them down. */
import { existsSync, readFileSync } from 'node:fs'

/** @typedef {{ readonly passed: number, readonly failed: number, readonly skipped: number }} Tally */

/** @type {Tally} */
export const nothing = { passed: 0, failed: 0, skipped: 0 }

/** @param {Tally} a @param {Tally} b @returns {Tally} */
export function add(a, b) {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }
}

/**
 * What a run counts for. One that ended badly without naming a failed test has failed all the same, and so has one
 * that ended well without running a test.
 * @param {Tally | undefined} counted
 * @param {boolean} endedWell
 * @returns {Tally}
 */
export function judge(counted, endedWell) {
  const tally = counted ?? nothing
  const silent = endedWell ? tally.passed + tally.failed + tally.skipped === 0 : tally.failed === 0
  return silent ? add(tally, { ...nothing, failed: 1 }) : tally
}

/** `3 passed, 0 failed`, and skipped ones where there are any. @param {Tally} tally */
export function sentence({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

/** Vitest's JSON report. @param {string} file @returns {Tally | undefined} nothing where the run did not get so far */
export function readVitest(file) {
  if (!existsSync(file)) return undefined
  const report = /** @type {Record<string, unknown>} */ (JSON.parse(readFileSync(file, 'utf8')))
  const count = (/** @type {string} */ name) => Number(report[name] ?? 0)
  return { passed: count('numPassedTests'), failed: count('numFailedTests'), skipped: count('numPendingTests') + count('numTodoTests') }
}

/**
 * The results of test/host: one JSON line for each test, written as it ends, so that a crash leaves what was there.
 * @param {string} file
 * @returns {{ readonly state: string, readonly title: string, readonly error?: string }[]}
 */
export function readHostResults(file) {
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line))
}

/** @param {ReturnType<typeof readHostResults>} results @returns {Tally} */
export function countHostResults(results) {
  const count = (/** @type {string} */ state) => results.filter((result) => result.state === state).length
  return { passed: count('passed'), failed: count('failed'), skipped: count('pending') }
}
