import { mkdtempSync, writeFileSync } from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { PassThrough } from 'node:stream'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { commandLine } from '../../../src/cli/commandLine'
import { version } from '../../../package.json'

const root = path.join(__dirname, '../../..')

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'inkling-cli-'))
  vi.stubEnv('INKLING_CACHE', path.join(folder, 'cache'))
  vi.stubEnv('INKLING_LIBRARY', path.join(folder, 'library'))
})

/** What a command line prints, and its exit code. */
async function run(args: readonly string[], input = ''): Promise<{ code: number; out: string; err: string }> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  stdin.end(input)
  let [out, err] = ['', '']
  stdout.on('data', (chunk) => (out += String(chunk)))
  stderr.on('data', (chunk) => (err += String(chunk)))
  const code = await commandLine(args, { stdin, stdout, stderr, signal: new AbortController().signal }, root)
  return { code, out, err }
}

describe('inkling', () => {
  it.each([
    [[], 'inkling: a command is missing'],
    [['genrate', 'x'], 'inkling: there is no command genrate'],
  ])('answers %j with the commands in few lines', async (args, first) => {
    const { code, err } = await run(args)
    expect(code).toBe(2)
    const lines = err.trimEnd().split('\n')
    expect(lines[0]).toBe(first)
    expect(lines.length).toBeLessThan(14)
    for (const name of ['generate', 'tokenize', 'score', 'complete', 'models', 'gan']) expect(err).toMatch(new RegExp(`^  ${name} +\\w`, 'm'))
  })

  it('tells its version, and with --help everything', async () => {
    expect(await run(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' })
    expect((await run(['--help'])).out).toContain('inkling gan train --steps N')
    expect((await run(['score', '--help'])).out).toMatch(/^inkling score FILE/)
  })

  it.each([
    [['generate'], 2, 'PROMPT is missing'],
    [['generate', 'hello', 'world'], 2, 'unexpected argument world; put a PROMPT of several words in quotes'],
    [['generate', ''], 1, 'There is no text to continue.'],
    [['generate', ' \n'], 1, 'There is no text to continue.'],
    [['score', 'nowhere.md'], 1, 'The file nowhere.md cannot be read: there is no such file.'],
    [['score', '.'], 1, 'The file . cannot be read: it is a folder.'],
    [['models', 'rename'], 2, 'there is no action rename'],
  ])('refuses %j', async (args, expected, message) => {
    const { code, err } = await run(args)
    expect(code).toBe(expected)
    expect(err).toMatch(new RegExp(`^inkling: ${message.replace(/[.?]/g, '\\$&')}`))
  })

  it('heads the columns of a score', async () => {
    const file = path.join(folder, 'text.txt')
    writeFileSync(file, 'I am looking forward to it.')
    const { code, out } = await run(['score', file, '--device', 'cpu'])
    expect(code).toBe(0)
    const [head = '', first = '', second = ''] = out.split('\n')
    expect(head).toBe(' logprob    rank entropy  token')
    expect(first).toBe('       -       -       -  "I"')
    expect(second).toMatch(/^ *-\d+\.\d{3} +\d+ +\d+\.\d\d {2}" am"$/)
    expect(second.indexOf('"')).toBe(head.indexOf('token'))
  })

  it('says that there is nothing to check', async () => {
    expect(await run(['models', 'verify'])).toEqual({ code: 0, out: 'No models are installed\n', err: '' })
  })
})
