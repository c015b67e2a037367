import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import * as path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { add, countHostResults, judge, readHostResults, readVitest, sentence, type Tally } from '../../../tools/lib/tally.mjs'

const tally = (passed: number, failed: number, skipped: number): Tally => ({ passed, failed, skipped })

const folder = mkdtempSync(path.join(os.tmpdir(), 'inkling-tally-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string): string {
  const written = path.join(folder, name)
  writeFileSync(written, content)
  return written
}

describe('The last line', () => {
  it.each([
    [tally(3, 0, 0), '3 passed, 0 failed'],
    [tally(0, 2, 0), '0 passed, 2 failed'],
    [tally(3, 0, 1), '3 passed, 0 failed, 1 skipped'],
  ])('of %o is “%s”', (sum, expected) => {
    expect(sentence(sum)).toBe(expected)
  })

  it('sums all parts', () => {
    expect([tally(1, 2, 3), tally(10, 20, 30)].reduce(add)).toEqual(tally(11, 22, 33))
  })
})

describe('A run of tests', () => {
  it.each([
    ['counts what it counted', tally(5, 0, 1), true, tally(5, 0, 1)],
    ['counts its failures', tally(5, 2, 0), false, tally(5, 2, 0)],
    ['fails when it crashed after tests that passed', tally(5, 0, 0), false, tally(5, 1, 0)],
    ['fails when it crashed before it wrote a report', undefined, false, tally(0, 1, 0)],
    ['fails when it ran no test', tally(0, 0, 0), true, tally(0, 1, 0)],
    ['fails when it ended well but left no report', undefined, true, tally(0, 1, 0)],
    ['passes when every test was skipped', tally(0, 0, 4), true, tally(0, 0, 4)],
  ] as const)('%s', (_, counted, endedWell, expected) => {
    expect(judge(counted, endedWell)).toEqual(expected)
  })
})

describe('Reports', () => {
  it('of Vitest count what passed, failed and was left out', () => {
    const report = { numPassedTests: 7, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1 }
    expect(readVitest(file('vitest.json', JSON.stringify(report)))).toEqual(tally(7, 1, 3))
  })

  it('of Vitest that were never written count nothing', () => {
    expect(readVitest(path.join(folder, 'absent.json'))).toBeUndefined()
  })

  it('of the editor’s host count up to where it crashed', () => {
    const lines = [{ state: 'passed', title: 'a' }, { state: 'failed', title: 'b', error: 'no' }, { state: 'pending', title: 'c' }]
    const results = readHostResults(file('host.jsonl', lines.map((line) => `${JSON.stringify(line)}\n`).join('')))
    expect(countHostResults(results)).toEqual(tally(1, 1, 1))
  })

  it('of the editor’s host that were never written count nothing', () => {
    expect(readHostResults(path.join(folder, 'absent.jsonl'))).toEqual([])
  })
})
