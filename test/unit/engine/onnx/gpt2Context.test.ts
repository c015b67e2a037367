import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openGpt2 } from '../../../../src/engine/onnx/openGpt2'
import type { LanguageModel } from '../../../../src/language/languageModel'
import { idsOnly, modelFolder, openReference } from '../../../reference/gpt2/expected'
import { temporaryFolders } from './temporaryFolder'

const newFolder = temporaryFolders()

/** The model that ships with the extension: the only one here with room for a prompt of several chunks. */
const embedded = path.join(__dirname, '../../../../media/model')

describe('a context', () => {
  let model: LanguageModel
  beforeAll(async () => { model = await openReference('one-head', 'fp32') })
  afterAll(() => { model.dispose() })

  it('refuses more tokens than the model has positions, and goes on with fewer', async () => {
    const context = model.open()
    await context.extend(new Int32Array(90).fill(1))
    await expect(context.extend(new Int32Array(7))).rejects.toMatchObject({ code: 'context-full', facts: { length: 96 } })
    await expect(context.score(new Int32Array(7), 0)).rejects.toMatchObject({ code: 'context-full' })
    expect(context.length).toBe(90)
    await context.extend(new Int32Array(6))
    expect(context.length).toBe(96)
  })

  it.each([-1, 211, 2 ** 31 - 1])('refuses the token %i, which the model does not have', async (token) => {
    const context = model.open()
    await expect(context.extend(Int32Array.of(1, token))).rejects.toMatchObject({ code: 'tokenizer-mismatch' })
    expect(context.length).toBe(0)
  })

  it('refuses what makes no sense', async () => {
    const context = model.open()
    await context.extend(Int32Array.of(1, 2))
    for (const length of [-1, 3, 0.5, NaN]) expect(() => context.truncate(length)).toThrow(RangeError)
    for (const count of [0, -1, 1.5]) expect(() => context.fork(count)).toThrow(RangeError)
    await expect(context.extend(new Int32Array(0))).rejects.toThrow(RangeError)
    expect(await context.score(new Int32Array(0), 3)).toEqual([])
  })

  it('does not change while its branches live', async () => {
    const context = model.open()
    await context.extend(Int32Array.of(1, 2))
    const branches = context.fork(2)
    expect(() => context.truncate(1)).toThrow('branches')
    expect(() => context.fork(1)).toThrow('branches')
    await expect(context.extend(Int32Array.of(1))).rejects.toThrow('branches')
    branches.dispose()
    branches.dispose()
    context.truncate(1)
    await expect(branches.extend([0], Int32Array.of(1))).rejects.toThrow('disposed')
  })

  it('gives each branch the whole rest of the context', async () => {
    const context = model.open()
    await context.extend(new Int32Array(93).fill(1))
    const branches = context.fork(3)
    for (let i = 0; i < 3; i++) await branches.extend([0, 1, 2], Int32Array.of(1, 2, 3))
    await expect(branches.extend([1], Int32Array.of(1))).rejects.toMatchObject({ code: 'context-full' })
    branches.dispose()
    expect(context.length).toBe(93)
  })

  it.each([
    ['a token too few', [0, 1], [1]],
    ['a branch twice', [0, 0], [1, 1]],
    ['a branch that is not there', [2], [1]],
  ])('refuses to grow branches by %s', async (_, branches, tokens) => {
    const context = model.open()
    await context.extend(Int32Array.of(1))
    await expect(context.fork(2).extend(branches, Int32Array.from(tokens))).rejects.toThrow(RangeError)
  })

  it('says that the numbers are not finite instead of answering with them', async () => {
    const folder = newFolder()
    const source = modelFolder('one-head')
    copyFileSync(path.join(source, 'config.json'), path.join(folder, 'config.json'))
    const weights = readFileSync(path.join(source, 'model.safetensors'))
    const headerLength = Number(weights.readBigUInt64LE(0))
    const header = JSON.parse(weights.toString('utf8', 8, 8 + headerLength)) as Record<string, { data_offsets: readonly [number, number] }>
    // Finite weights whose products are not.
    const [begin, end] = header['transformer.h.0.mlp.c_proj.weight']?.data_offsets ?? [0, 0]
    for (let i = begin; i < end; i += 4) weights.writeFloatLE(3e38, 8 + headerLength + i)
    writeFileSync(path.join(folder, 'model.safetensors'), weights)

    const broken = await openGpt2({ folder, tokenizer: idsOnly(211), precision: 'fp32', device: 'cpu', threads: 1, cacheFolder: undefined })
    const context = broken.open()
    await expect(context.extend(Int32Array.of(1, 2, 3))).rejects.toMatchObject({ code: 'numbers-not-finite' })
    await expect(context.score(Int32Array.of(1, 2, 3), 2)).rejects.toMatchObject({ code: 'numbers-not-finite' })
    broken.dispose()
  })
})

describe('a long prompt', () => {
  let model: LanguageModel
  beforeAll(async () => {
    const { vocab_size } = JSON.parse(readFileSync(path.join(embedded, 'config.json'), 'utf8')) as { vocab_size: number }
    model = await openGpt2({ folder: embedded, tokenizer: idsOnly(vocab_size), precision: 'int8', device: 'cpu', threads: undefined, cacheFolder: undefined })
  })
  afterAll(() => { model.dispose() })

  /** A signal that fires when it is looked at for the n-th time. */
  function firesAtLook(n: number): AbortSignal {
    let looks = 0
    return Object.defineProperty(new AbortController().signal, 'aborted', { get: () => ++looks >= n })
  }

  it.each(['extend', 'score'] as const)('can be cancelled between its chunks (%s), and what was finished counts', async (method) => {
    const tokens = Int32Array.from({ length: 400 }, (_, i) => (i * 37) % 1000)
    const context = model.open()
    const run = (rest: Int32Array, signal?: AbortSignal): Promise<unknown> => (method === 'extend' ? context.extend(rest, signal) : context.score(rest, 0, signal))
    await expect(run(tokens, firesAtLook(1))).rejects.toMatchObject({ name: 'CancelledError' })
    expect(context.length).toBe(0)
    await expect(run(tokens, firesAtLook(3))).rejects.toMatchObject({ name: 'CancelledError' })
    expect(context.length).toBeGreaterThan(0)
    expect(context.length).toBeLessThan(400)
    await run(tokens.subarray(context.length))
    expect(context.length).toBe(400)
  })

  it('leaves the processor to others between its chunks', async () => {
    let turns = 0
    const timer = setInterval(() => turns++, 0)
    await model.open().extend(new Int32Array(500).fill(7))
    clearInterval(timer)
    expect(turns).toBeGreaterThan(0)
  })
})
