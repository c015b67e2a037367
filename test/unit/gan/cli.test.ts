import { decode } from 'fast-png'
import * as fs from 'node:fs/promises'
import * as os from 'node:os'
import * as path from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CancelledError } from '../../../src/base/cancellation'
import { ganCommand } from '../../../src/cli/gan'
import { GanProgress, progressLine } from '../../../src/cli/ganProgress'
import type { Io } from '../../../src/cli/io'
import { UsageError } from '../../../src/cli/options'
import { studioFile } from '../../support/digits'

const studio = path.resolve(import.meta.dirname, '../../../dist/studio')
const tiny = ['--set', 'generatorWidths=8,9', '--set', 'discriminatorWidths=7', '--set', 'latentSize=5', '--batch', '4', '--backend', 'wasm']
let folder: string

beforeAll(async () => {
  await studioFile('digits.bin.gz')
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'inkling-gan-'))
})

afterAll(() => fs.rm(folder, { recursive: true, force: true }))

interface Ran {
  readonly out: string
  readonly err: string
  readonly error: unknown
}

async function run(args: readonly string[], signal = new AbortController().signal): Promise<Ran> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const io: Io = { stdin: Readable.from([]), stdout, stderr, signal }
  const error: unknown = await ganCommand(args, io, studio).then(() => undefined, (caught: unknown) => caught)
  const text = (stream: PassThrough): string => ((stream.read() as Buffer | null) ?? Buffer.alloc(0)).toString()
  return { out: text(stdout), err: text(stderr), error }
}

const inFolder = (name: string): string => path.join(folder, name)

describe('inkling gan train', () => {
  it('that is resumed writes the same checkpoint, byte for byte, as one that ran through', async () => {
    expect((await run(['train', '--steps', '24', '--out', inFolder('straight'), ...tiny])).error).toBeUndefined()
    expect((await run(['train', '--steps', '12', '--out', inFolder('half'), ...tiny])).error).toBeUndefined()
    const resumed = await run(['train', '--resume', inFolder('half'), '--steps', '24', '--out', inFolder('whole'), '--backend', 'wasm'])
    expect(resumed.error).toBeUndefined()
    expect(resumed.err).toContain('Training on wasm, on from step 12, to step 24.')
    const again = await run(['train', '--resume', inFolder('half'), '--steps', '12', '--backend', 'wasm'])
    expect(again.error).toBeUndefined()
    const [straight, whole, half] = await Promise.all(['straight', 'whole', 'half'].map((name) => fs.readFile(path.join(inFolder(name), 'checkpoint.inkgan'))))
    expect(Buffer.compare(straight ?? Buffer.alloc(0), whole ?? Buffer.alloc(1))).toBe(0)
    expect(Buffer.compare(straight ?? Buffer.alloc(0), half ?? Buffer.alloc(1))).toBe(0)
  })

  it('leaves curves, a summary and a picture, and tells its progress on standard error alone', async () => {
    const ran = await run(['train', '--steps', '10', '--out', inFolder('files'), ...tiny])
    expect(ran.out).toBe('')
    expect(ran.err).toMatch(/step 10\/10 loss D \d\.\d+ G \d\.\d+, [\d.]+ steps\/s/)
    expect((await fs.readdir(inFolder('files'))).sort()).toEqual(['checkpoint.inkgan', 'curves.csv', 'run.json', 'samples.png'])
    const csv = await fs.readFile(path.join(inFolder('files'), 'curves.csv'), 'utf8')
    expect(csv.split('\n')).toHaveLength(12)
    expect(csv).toMatch(/^step,lossReal,lossFake,lossGenerator,accuracyReal,accuracyFake\n1,0\./)
    expect(JSON.parse(await fs.readFile(path.join(inFolder('files'), 'run.json'), 'utf8'))).toMatchObject({ id: 'files', step: 10, backend: 'wasm' })
  })

  it('that is interrupted writes a checkpoint and says how to go on', async () => {
    const interrupted = new AbortController()
    setTimeout(() => interrupted.abort(), 1)
    const ran = await run(['train', '--steps', '1000000', '--out', inFolder('stopped'), ...tiny], interrupted.signal)
    expect(ran.error).toBeInstanceOf(CancelledError)
    expect(ran.err).toMatch(/Stopped at step \d+ of 1000000; nothing is lost\. Go on with: inkling gan train --resume .*stopped/)
    expect((await run(['sample', '--run', inFolder('stopped'), '--count', '1', '--out', inFolder('one.png')])).error).toBeUndefined()
  })

  it.each<[string, string[], string | typeof UsageError]>([
    ['no steps', ['--out', 'x'], UsageError],
    ['no folder', ['--steps', '3'], UsageError],
    ['an unknown preset', ['--steps', '3', '--out', 'x', '--preset', 'cubist'], UsageError],
    ['an unknown backend', ['--steps', '3', '--out', 'x', '--backend', 'webgpu'], UsageError],
    ['steps that are no number', ['--steps', 'many', '--out', 'x'], UsageError],
    ['a setting that does not exist', ['--steps', '3', '--out', 'x', '--set', 'magic=1'], UsageError],
    ['a setting without value', ['--steps', '3', '--out', 'x', '--set', 'r1Gamma'], UsageError],
    ['batch 0', ['--steps', '3', '--out', 'x', '--batch', '0'], 'gan-setting-invalid'],
    ['steps 0', ['--steps', '0', '--out', 'x'], 'gan-setting-invalid'],
    ['a learning rate of 1e9', ['--steps', '3', '--out', 'x', '--set', 'generatorLearningRate=1e9'], 'gan-setting-invalid'],
    ['a run that is not there', ['--resume', '/nonexistent/run'], 'gan-run-missing'],
  ])('refuses %s', async (_what, args, expected) => {
    const { error } = await run(['train', ...args])
    if (typeof expected === 'string') expect(error).toMatchObject({ code: expected })
    else expect(error).toBeInstanceOf(expected)
  })

  it('does not write over a run, nor change what a run cannot change', async () => {
    const out = inFolder('kept')
    await run(['train', '--steps', '3', '--out', out, ...tiny])
    const before = await fs.readFile(path.join(out, 'checkpoint.inkgan'))
    expect((await run(['train', '--steps', '3', '--out', out, ...tiny])).error).toMatchObject({ code: 'gan-run-exists' })
    expect((await run(['train', '--resume', out, '--batch', '8'])).error).toMatchObject({ code: 'gan-setting-fixed' })
    await fs.writeFile(inFolder('cut'), '')
    expect((await run(['train', '--steps', '3', '--out', inFolder('cut'), ...tiny])).error).toMatchObject({ code: 'file-unwritable' })
    expect(Buffer.compare(before, await fs.readFile(path.join(out, 'checkpoint.inkgan')))).toBe(0)
    await fs.truncate(path.join(out, 'checkpoint.inkgan'), before.length - 100)
    expect((await run(['train', '--resume', out])).error).toMatchObject({ code: 'gan-checkpoint-broken' })
  })
})

describe('inkling gan sample', () => {
  beforeAll(async () => {
    await run(['train', '--steps', '3', '--out', inFolder('digits'), ...tiny])
    await run(['train', '--steps', '3', '--out', inFolder('unlabelled'), '--preset', 'stable', ...tiny])
  })

  it('writes uint8 [n, 28, 28] as NumPy reads it, and lists the digit asked for of each', async () => {
    const ran = await run(['sample', '--run', inFolder('digits'), '--count', '12', '--seed', '7', '--out', inFolder('twelve.npy'), '--json'])
    const file = await fs.readFile(inFolder('twelve.npy'))
    const length = file.readUInt16LE(8)
    expect(file.subarray(0, 8)).toEqual(Buffer.from('\u0093NUMPY\u0001\u0000', 'latin1'))
    expect((10 + length) % 64).toBe(0)
    expect(file.subarray(10, 10 + length).toString('latin1')).toMatch(/^\{'descr': '\|u1', 'fortran_order': False, 'shape': \(12, 28, 28\), \} *\n$/)
    expect(file.length).toBe(10 + length + 12 * 784)
    expect(JSON.parse(ran.out)).toEqual({ run: inFolder('digits'), step: 3, seed: 7, samples: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1].map((digit) => ({ digit })) })
  })

  it('draws as many digits to order as one asks for, in rows of 64', async () => {
    const order = '0123456789'.repeat(20)
    const ran = await run(['sample', '--run', inFolder('digits'), '--digits', order, '--out', inFolder('many.png'), '--json'])
    expect((JSON.parse(ran.out) as { readonly samples: readonly { readonly digit: number }[] }).samples.map(({ digit }) => digit).join('')).toBe(order)
    const { width, height } = decode(await fs.readFile(inFolder('many.png')))
    expect([width, height]).toEqual([64 * 30 + 2, 4 * 30 + 2])
  })

  it('draws digits to order in a row, the same for the same seed', async () => {
    const pictures = []
    for (const seed of ['1', '1', '2']) {
      await run(['sample', '--run', inFolder('digits'), '--digits', '1957', '--seed', seed, '--out', inFolder('row.png')])
      pictures.push(await fs.readFile(inFolder('row.png')))
    }
    const { width, height, channels } = decode(pictures[0] ?? Buffer.alloc(0))
    expect([width, height, channels]).toEqual([4 * 30 + 2, 32, 1])
    expect(Buffer.compare(pictures[0] ?? Buffer.alloc(0), pictures[1] ?? Buffer.alloc(1))).toBe(0)
    expect(Buffer.compare(pictures[0] ?? Buffer.alloc(0), pictures[2] ?? Buffer.alloc(1))).not.toBe(0)
  })

  it.each<[string, string[], string | typeof UsageError]>([
    ['neither count nor digits', ['--out', 'a.png'], UsageError],
    ['both', ['--out', 'a.png', '--count', '2', '--digits', '12'], UsageError],
    ['an unknown kind of file', ['--out', 'a.jpg', '--count', '2'], UsageError],
    ['a count of 0', ['--out', 'a.png', '--count', '0'], UsageError],
    ['letters for digits', ['--out', 'a.png', '--digits', '19x7'], 'gan-digits-invalid'],
    ['no digits', ['--out', 'a.png', '--digits', ''], 'gan-digits-invalid'],
    ['a folder that is not there', ['--out', path.join(os.tmpdir(), 'no', 'such', 'a.png'), '--count', '1'], 'file-unwritable'],
  ])('refuses %s', async (_what, args, expected) => {
    const { error } = await run(['sample', '--run', inFolder('digits'), ...args])
    if (typeof expected === 'string') expect(error).toMatchObject({ code: expected })
    else expect(error).toBeInstanceOf(expected)
  })

  it('refuses digits from a run that never learnt which is which', async () => {
    expect((await run(['sample', '--run', inFolder('unlabelled'), '--digits', '1', '--out', 'a.png'])).error).toMatchObject({ code: 'gan-digits-unconditional' })
    const json = await run(['sample', '--run', inFolder('unlabelled'), '--count', '1', '--out', inFolder('u.png'), '--json'])
    expect(JSON.parse(json.out)).toMatchObject({ samples: [{ digit: null }] })
  })
})

describe('The time that training took', () => {
  it.each([[0.2, '1 s'], [59.4, '59 s'], [59.6, '1 min 0 s'], [273.2, '4 min 33 s'], [3600, '60 min 0 s']])('of %d seconds is %s', (seconds, text) => {
    let now = 5000
    const progress = new GanProgress(new PassThrough(), 0, () => now)
    now += seconds * 1000
    expect(progress.elapsed).toBe(text)
  })
})

describe('progressLine', () => {
  it.each([
    [{ step: 1200, steps: 5000, lossD: 0.452, lossG: 1.903, stepsPerSecond: 71.2 }, true, 'step 1200/5000 [######------------------] loss D 0.452 G 1.903, 71.2 steps/s, 53 s to go'],
    [{ step: 5000, steps: 5000, lossD: 0.4, lossG: 2, stepsPerSecond: 70 }, false, 'step 5000/5000 loss D 0.400 G 2.000, 70.0 steps/s'],
  ])('of %j is a line', (facts, bar, line) => {
    expect(progressLine(facts, bar)).toBe(line)
  })
})
