import { appendFileSync } from 'node:fs'
import type Mocha from 'mocha'

/**
 * Writes each test's result as one JSON line as soon as it is known. The console of an extension host does not reach the
 * one who started the editor under every host, and after a crash the file shows how far the tests came.
 */
export function recordResults(runner: Mocha.Runner, file: string | undefined): void {
  if (file === undefined) return
  const record = (state: 'passed' | 'failed' | 'pending', test: Mocha.Runnable, error?: unknown): void => {
    const result = { state, title: test.fullTitle(), ...(error === undefined ? {} : { error: describeError(error) }) }
    appendFileSync(file, `${JSON.stringify(result)}\n`)
  }
  runner.on('pass', (test) => record('passed', test))
  runner.on('pending', (test) => record('pending', test))
  runner.on('fail', (test, error: unknown) => record('failed', test, error))
}

function describeError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
