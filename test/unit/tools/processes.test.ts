import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, it } from 'vitest'
import { run } from '../../../tools/lib/processes.mjs'
import { root } from '../../../tools/lib/project.mjs'

const node = process.execPath
const quiet = { stdio: 'ignore' } as const
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Runs until it is ended; not for ever, so that a failing test leaves nothing behind. */
const sleep = 'setTimeout(() => {}, 60_000)'

/** Starts a program that outlives it and holds its standard output open, says so, and goes on with `after`. */
const parent = (after: string): string =>
  `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(sleep)}], { stdio: 'inherit' }); process.stdout.write('started', () => { ${after} })`

/** A Node of its own that runs `script` by our library. */
const running = (script: string): string =>
  `import(${library('processes')}).then(({ run }) => run(process.execPath, ['-e', ${JSON.stringify(script)}]))`

// Windows has neither signals nor process groups.
describe.skipIf(process.platform === 'win32')('A program that is run', () => {
  it.each([
    ['ends well', 'process.exit(0)', { ok: true }],
    ['fails', 'process.exit(3)', { ok: false, reason: 'exit code 3' }],
    ['is killed', 'process.kill(process.pid, "SIGKILL")', { ok: false, reason: 'it was ended by SIGKILL' }],
  ] as const)('%s', async (_, script, expected) => {
    expect(await run(node, ['-e', script], quiet)).toEqual(expected)
  })

  it('cannot be found', async () => {
    const ended = await run(path.join(root, 'no-such-program'), [], quiet)
    expect(ended.ok ? '' : ended.reason).toContain('ENOENT')
  })

  it('is ended when it takes too long', async () => {
    const ended = await run(node, ['-e', sleep], { ...quiet, timeoutMs: 300 })
    expect(ended.ok ? '' : ended.reason).toContain('it took longer than')
  })

  it('leaves nothing running when it ends', async () => {
    expect(await outputOf(running(parent('process.exit(0)')))).toBe('started')
  })

  it.each(signals)('leaves nothing running when we get %s', async (signal) => {
    expect(await outputOf(running(parent(sleep)), signal)).toBe('started')
  })

  it('leaves nothing running when the next is about to start as we get a signal', async () => {
    const two = `import(${library('processes')}).then(async ({ run }) => { const node = (script) => run(process.execPath, ['-e', script]); await node(${JSON.stringify(parent(sleep))}); await node(${JSON.stringify(parent(sleep))}) }).catch(() => {})`
    expect(await outputOf(two, 'SIGTERM')).toBe('started')
  })

  it('leaves nothing running when the one who started us is killed', async () => {
    const ours = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(running(parent(sleep)))}], { stdio: 'inherit' }); ${sleep}`
    expect(await outputOf(ours, 'SIGKILL')).toBe('started')
  })
})

describe.skipIf(process.platform === 'win32')('A temporary folder', () => {
  const making = (after: string): string =>
    `import(${library('scratch')}).then(({ scratch }) => { process.stdout.write(scratch('unit').folder); ${after} })`

  it('goes when its process ends', async () => {
    expect(existsSync(await outputOf(making('')))).toBe(false)
  })

  it.each(signals)('goes when its process gets %s', async (signal) => {
    expect(existsSync(await outputOf(making(sleep), signal))).toBe(false)
  })
})

function library(name: string): string {
  return JSON.stringify(path.join(root, `tools/lib/${name}.mjs`))
}

/**
 * What a Node wrote by the time when neither it nor anything that holds its standard output was left.
 * @param signal sent to it after its first words
 */
async function outputOf(code: string, signal?: NodeJS.Signals): Promise<string> {
  const program = spawn(node, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(program, 'close')
  let output = ''
  program.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
    if (signal !== undefined) program.kill(signal)
  })
  await closed
  return output
}
