import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { LaneDecoder } from '../../../src/engine/lanes/laneDecoder'
import type { Prompts } from '../../../src/engine/lanes/laneSteps'
import { openGpt2 } from '../../../src/engine/onnx/openGpt2'
import { parseGpt2Config } from '../../../src/gpt2/config'
import type { LaneModel } from '../../../src/gpt2/laneWeights'
import type { Precision } from '../../../src/gpt2/weightFormat'
import type { Context, LanguageModel } from '../../../src/language/languageModel'
import { scoreLogits } from '../../../src/language/scoreLogits'
import { decoderFile } from '../../support/decoder'
import { embeddedTokenizer } from '../../support/embeddedTokenizer'
import { writeRandomGpt2, type RandomGpt2 } from '../../support/randomGpt2'
import { meanDivergence } from '../modelSuite'
import { argmax, relativeError } from '../numbers'
import { idsOnly, openReference, readExpected } from './expected'

const decoder = await decoderFile()
const home = mkdtempSync(path.join(tmpdir(), 'inkling-lanes-'))
afterAll(() => rmSync(home, { recursive: true }))

/** Shapes that go different ways: heads that vectors of eight do not fill, blocks of every length, a vocabulary that groups of rows do not fill. */
const shapes: Readonly<Record<string, RandomGpt2>> = {
  'narrow heads': { n_embd: 32, n_head: 8, n_layer: 2, n_positions: 80, vocab_size: 50 },
  'heads of 12': { n_embd: 96, n_head: 8, n_layer: 2, n_positions: 80, vocab_size: 99, activation_function: 'relu', scale_attn_by_inverse_layer_idx: true },
  'an untied head': { n_embd: 128, n_head: 2, n_layer: 3, n_inner: 160, n_positions: 80, vocab_size: 129, activation_function: 'gelu', tie_word_embeddings: false },
  'a long context': { n_embd: 64, n_head: 2, n_layer: 2, n_positions: 700, vocab_size: 300 },
}

interface Opened {
  readonly model: LanguageModel
  readonly ids: Int32Array
}

async function open(shape: RandomGpt2, precision: Precision, more: { threads?: number; cacheFolder?: string; decoder?: string | undefined; spread?: number; prompts?: Prompts } = {}): Promise<Opened> {
  const folder = path.join(home, JSON.stringify([shape, more.spread]).replace(/\W+/g, '-').slice(-200))
  if (mkdirSync(folder, { recursive: true }) !== undefined) {
    writeRandomGpt2(folder, shape, more.spread)
    // Of a file that was changed just now no hash is remembered.
    utimesSync(path.join(folder, 'model.safetensors'), 1, 1)
  }
  const model = await openGpt2({ folder, tokenizer: idsOnly(shape.vocab_size), precision, device: 'cpu', threads: more.threads ?? 2, cacheFolder: more.cacheFolder, decoder: 'decoder' in more ? more.decoder : decoder, prompts: more.prompts })
  return { model, ids: Int32Array.from({ length: shape.n_positions }, (_, i) => (i * 7919 + 3) % shape.vocab_size) }
}

/** Logits behind `ids` that came in pieces of a length. */
async function read(context: Context, ids: Int32Array, piece: number): Promise<Float32Array> {
  context.truncate(0)
  let logits = new Float32Array()
  for (let from = 0; from < ids.length; from += piece) logits = (await context.extend(ids.subarray(from, from + piece))).slice()
  return logits
}

/** Logits that tell what `ids` from `from` to `to` were likely to be: [to - from, vocabulary]. */
async function behind(context: Context, ids: Int32Array, from: number, to: number): Promise<Float32Array | undefined> {
  context.truncate(from - 1)
  return context.extendEach?.(ids.subarray(from - 1, to - 1))
}

describe.each(['blocks-32', 'blocks-128'])('the decoder with the model %s', (name) => {
  it.each([['int8', 0.001], ['int4', 0.2]] as const)('stays near PyTorch in %s: less than %f nats on average', async (precision, most) => {
    const expected = readExpected(name)
    const [model, graph] = [await openReference(name, precision, undefined, decoder), await openReference(name, precision)]
    const divergence = await meanDivergence(model, expected)
    expect(divergence).toBeLessThan(most)
    // Another way to run the same weights: not the graph's own numbers, and in 8 bits nearer.
    if (precision === 'int8') expect(divergence).toBeLessThan(await meanDivergence(graph, expected))
    model.dispose()
    graph.dispose()
  })
})

describe.each(Object.entries(shapes))('the decoder with %s', (_, shape) => {
  it.each(['int8', 'int4'] as const)('gives the very same numbers in %s, however tokens come and however many threads there are', async (precision) => {
    const { model, ids } = await open(shape, precision)
    const text = ids.subarray(0, 60)
    const expected = await read(model.open(), text, 60)
    const graph = await open(shape, precision, { decoder: undefined })
    expect(relativeError(expected, [...(await read(graph.model.open(), text, 60))])).toBeLessThan(precision === 'int8' ? 0.03 : 0.06)
    for (const threads of [1, 2, 3]) {
      const other = await open(shape, precision, { threads })
      for (const piece of [1, 2, 3, 4, 7, 31]) expect(await read(other.model.open(), text, piece)).toEqual(expected)
      other.model.dispose()
    }
    graph.model.dispose()
    model.dispose()
  })

  it('gives them for each of several tokens and after tokens were taken back, and nearly in branches', async () => {
    const { model, ids } = await open(shape, 'int8')
    const [context, single] = [model.open(), model.open()]
    await context.extend(ids.subarray(0, 20))
    await single.extend(ids.subarray(0, 20))
    const alone: Float32Array[] = []
    for (const id of ids.subarray(20, 28)) alone.push((await single.extend(Int32Array.of(id))).slice())
    const rows = await context.extendEach?.(ids.subarray(20, 28))
    expect(rows).toEqual(Float32Array.from(alone.flatMap((row) => [...row])))

    context.truncate(20)
    const branches = context.fork(3)
    for (let i = 0; i < 8; i++) {
      // Sums over the cache go another way round rows of others. The middle one writes the text, the others something else; the last rests now and then.
      const growing = i % 3 === 1 ? [0, 1] : [2, 1, 0]
      const logits = await branches.extend(growing, Int32Array.from(growing, (branch) => (branch === 1 ? ids[20 + i] ?? 0 : (5 * i + branch) % shape.vocab_size)))
      expect(relativeError(logits[1] ?? new Float32Array(), [...(alone[i] ?? [])])).toBeLessThan(1e-4)
    }
    branches.dispose()
    expect(await context.extend(ids.subarray(20, 28))).toEqual(alone.at(-1))
    model.dispose()
  })
})

describe('the decoder', () => {
  it('hands over to a graph and back, and takes the rows along', async () => {
    const shape = shapes['a long context'] as RandomGpt2
    const [lanes, graph] = [await open(shape, 'int8'), await open(shape, 'fp32', { decoder: undefined })]
    const ids = lanes.ids
    const context = lanes.model.open()
    // 512 rows of the decoder's, then a piece that only a graph takes, then single tokens again.
    const near = async (actual: Promise<Float32Array>, from: number, to: number): Promise<void> => {
      expect(relativeError(await actual, [...(await read(graph.model.open(), Int32Array.from([...ids.subarray(0, from), ...ids.subarray(from, to)]), 700))])).toBeLessThan(0.03)
    }
    await near(context.extend(ids.subarray(0, 600)), 0, 600)
    await near(context.extend(ids.subarray(600, 603)), 600, 603)
    context.truncate(530)
    await near(context.extend(ids.subarray(530, 535)), 530, 535)
    await near(context.extend(ids.subarray(535, 650)), 535, 650)
    const scores = await context.score(ids.subarray(650, 690), 2)
    const expected = graph.model.open()
    await expected.extend(ids.subarray(0, 650))
    for (const [i, score] of (await expected.score(ids.subarray(650, 690), 2)).entries()) expect(scores[i]?.logprob).toBeCloseTo(score.logprob ?? 0, 1)
    lanes.model.dispose()
    graph.model.dispose()
  })

  it.each([['graph', 'int8'], ['decoder', 'int8'], ['decoder', 'int4']] as const)('runs prompts of a large model on the %s in %s, and reads their logits itself', { timeout: 60_000 }, async (prompts, precision) => {
    const shape: RandomGpt2 = { n_embd: 512, n_head: 8, n_layer: 6, n_positions: 200, vocab_size: 300 }
    const cacheFolder = path.join(home, 'large')
    // Of 4 bits a graph of the same weights: random ones say little in so few.
    const [lanes, graph] = [await open(shape, precision, { cacheFolder, prompts }), await open(shape, precision === 'int8' ? 'fp32' : 'int4', { decoder: undefined })]
    const { ids } = lanes
    const [context, expected] = [lanes.model.open(), graph.model.open()]
    const near = (actual: Float32Array, reference: Float32Array): void => expect(relativeError(actual, [...reference])).toBeLessThan(0.1)
    // The beginning and single tokens as they would run alone, what lies between as a prompt.
    for (const [from, to] of [[0, 10], [10, 90], [90, 91], [91, 95], [95, 97]] as const) near(await context.extend(ids.subarray(from, to)), await expected.extend(ids.subarray(from, to)))
    near((await context.extendEach?.(ids.subarray(97, 101))) ?? new Float32Array(), (await expected.extendEach?.(ids.subarray(97, 101))) ?? new Float32Array())
    const [branches, others] = [context.fork(3), expected.fork(3)]
    for (let i = 0; i < 3; i++) {
      const tokens = Int32Array.of(i, i + 1, i + 2)
      const logits = await branches.extend([0, 1, 2], tokens)
      for (const [branch, reference] of (await others.extend([0, 1, 2], tokens)).entries()) near(logits[branch] ?? new Float32Array(), reference)
    }
    branches.dispose()
    others.dispose()
    const scores = await context.score(ids.subarray(101, 160), 2)
    for (const [i, score] of (await expected.score(ids.subarray(101, 160), 2)).entries()) expect(Math.abs((scores[i]?.logprob ?? NaN) - (score.logprob ?? 0))).toBeLessThan(0.2)
    expect(context.draftCosts === undefined).toBe(prompts === 'graph')
    lanes.model.dispose()
    graph.model.dispose()
  })

  it('checks drafts of a large model with the very numbers of single tokens, where it runs prompts itself', { timeout: 60_000 }, async () => {
    const { model, ids } = await open({ n_embd: 512, n_head: 8, n_layer: 6, n_positions: 80, vocab_size: 99 }, 'int8', { prompts: 'decoder' })
    const [context, single] = [model.open(), model.open()]
    for (const each of [context, single]) await each.extend(ids.subarray(0, 40))
    const alone: number[] = []
    for (const id of ids.subarray(40, 56)) alone.push(...(await single.extend(Int32Array.of(id))))
    expect(await context.extendEach?.(ids.subarray(40, 56))).toEqual(Float32Array.from(alone))
    model.dispose()
  })

  it('scores as it writes, a prompt or a few tokens, and a vocabulary that fills no group of rows', async () => {
    const { model, ids } = await open(shapes['heads of 12'] as RandomGpt2, 'int8')
    const [context, other] = [model.open(), model.open()]
    for (const [from, to] of [[0, 40], [40, 43]] as const) {
      const scores = await context.score(ids.subarray(from, to), 3)
      const logits = from === 0 ? await other.extendEach?.(ids.subarray(0, 40)) : await behind(other, ids, from, to)
      const expected = scoreLogits(logits ?? new Float32Array(), ids.subarray(from === 0 ? 1 : from, to), 3, 99)
      const actual = from === 0 ? scores.slice(1) : scores
      expect(actual.map(({ id, rank, alternatives }) => [id, rank, alternatives.map((each) => each.id)])).toEqual(expected.map(({ id, rank, alternatives }) => [id, rank, alternatives.map((each) => each.id)]))
      for (const [i, score] of actual.entries()) for (const key of ['logprob', 'entropy'] as const) expect(score[key]).toBeCloseTo(expected[i]?.[key] ?? NaN, 4)
    }
    model.dispose()
  })

  it('lends the room of a context that was disposed of twice to one other alone', async () => {
    const { model, ids } = await open(shapes['narrow heads'] as RandomGpt2, 'int8')
    const expected = await read(model.open(), ids.subarray(0, 12), 1)
    const gone = model.open()
    gone.dispose()
    gone.dispose()
    const [one, other] = [model.open(), model.open()]
    await one.extend(ids.subarray(0, 11))
    await other.extend(ids.subarray(20, 31))
    expect(await one.extend(ids.subarray(11, 12))).toEqual(expected)
    model.dispose()
  })

  it('refuses what WebAssembly has no room for, so that it runs as a graph', async () => {
    const config = parseGpt2Config(JSON.stringify({ model_type: 'gpt2' }), 'config.json')
    const lanes = { sizeBytes: 2 ** 32, vocabulary: 50272 } as LaneModel
    await expect(LaneDecoder.open(config, lanes, Promise.resolve({}), { few: 1, many: 1 }, async () => {})).rejects.toBeInstanceOf(RangeError)
  })

  it('keeps what it made of a large model, and makes it anew when the file has become shorter', { timeout: 60_000 }, async () => {
    const shape: RandomGpt2 = { n_embd: 512, n_head: 8, n_layer: 6, n_positions: 40, vocab_size: 99 }
    const cacheFolder = path.join(home, 'kept')
    const text = Int32Array.of(1, 2, 3, 4)
    const first = await open(shape, 'int8', { cacheFolder })
    const expected = await read(first.model.open(), text, 4)
    first.model.dispose()
    // Where vectors are narrow there is another entry, that of the graphs.
    const [entry = ''] = readdirSync(cacheFolder).filter((name) => /^[0-9a-f]{32}$/.test(name) && !existsSync(path.join(cacheFolder, name, 'model.onnx')))
    const file = path.join(cacheFolder, entry, 'weights.bin')
    const { mtimeMs, size } = statSync(file)
    const second = await open(shape, 'int8', { cacheFolder })
    expect(await read(second.model.open(), text, 1)).toEqual(expected)
    expect(statSync(file).mtimeMs).toBe(mtimeMs)
    second.model.dispose()
    truncateSync(file, size - 1)
    const third = await open(shape, 'int8', { cacheFolder })
    expect(await read(third.model.open(), text, 2)).toEqual(expected)
    expect(statSync(file).size).toBe(size)
    third.model.dispose()
  })

  it('keeps a small one when it was in use for a while, and reads it from then on', async () => {
    const cacheFolder = path.join(home, 'kept small')
    const shape: RandomGpt2 = { n_embd: 32, n_head: 4, n_layer: 2, n_positions: 90, vocab_size: 50 }
    const entries = (): readonly string[] => (existsSync(cacheFolder) ? readdirSync(cacheFolder).filter((name) => /^[0-9a-f]{32}$/.test(name)) : [])
    const logits = async (): Promise<Float32Array> => {
      const { model } = await open(shape, 'int8', { cacheFolder })
      return read(model.open(), Int32Array.of(1, 2, 3), 3)
    }
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const expected = await logits()
    expect(entries()).toEqual([])
    vi.advanceTimersByTime(1500)
    while (entries().length === 0) await nextTurn()
    expect(await logits()).toEqual(expected)
    const file = path.join(cacheFolder, entries()[0] ?? '', 'weights.bin')
    writeFileSync(file, readFileSync(file).map((byte, i) => (i < 1000 ? byte ^ 1 : byte)))
    expect(await logits()).not.toEqual(expected)
  })

  it('says that numbers are not finite instead of answering with them', async () => {
    const { model } = await open(shapes['narrow heads'] as RandomGpt2, 'int8', { spread: 1e20 })
    await expect(model.open().extend(Int32Array.of(1, 2, 3))).rejects.toMatchObject({ code: 'numbers-not-finite' })
    model.dispose()
  })

  it('says so, too, of keys that 16 bits cannot hold', async () => {
    const { model } = await open(shapes['narrow heads'] as RandomGpt2, 'int8', { spread: 3e4 })
    await expect(model.open().extend(Int32Array.of(1))).rejects.toMatchObject({ code: 'numbers-not-finite' })
    model.dispose()
  })

  it('leaves a shape that its vectors do not fit to the graph', async () => {
    const { model, ids } = await open({ n_embd: 24, n_head: 2, n_layer: 1, n_positions: 40, vocab_size: 60 }, 'int8')
    expect(model.open().draftCosts).toBeUndefined()
    expect(await read(model.open(), ids.subarray(0, 9), 9)).toHaveLength(60)
    model.dispose()
  })

  it('writes with the embedded model, whose weights are 8-bit numbers, what 32 bits write', async () => {
    const folder = path.join(__dirname, '../../../media/model')
    const opened = (precision: Precision): Promise<LanguageModel> => openGpt2({ folder, tokenizer: embeddedTokenizer, precision, device: 'cpu', threads: 2, cacheFolder: undefined, decoder })
    const models = [await opened('int8'), await opened('fp32')]
    const written = await Promise.all(models.map(async (model) => {
      const context = model.open()
      let logits = await context.extend(embeddedTokenizer.encode('Artificial intelligence is revolutionizing'))
      const first = logits.slice()
      const tokens: number[] = []
      while (tokens.length < 64) {
        tokens.push(argmax(logits))
        logits = await context.extend(Int32Array.of(tokens.at(-1) ?? 0))
      }
      return { first, tokens }
    }))
    expect(relativeError(written[0]?.first ?? new Float32Array(), [...(written[1]?.first ?? [])])).toBeLessThan(1e-3)
    expect(written[0]?.tokens).toEqual(written[1]?.tokens)
    models.forEach((model) => model.dispose())
  })
})
