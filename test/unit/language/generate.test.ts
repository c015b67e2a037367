import { describe, expect, it } from 'vitest'
import { CancelledError } from '../../../src/base/cancellation'
import { generate, type GenerationRequest } from '../../../src/language/generate'
import { pieceTexts } from '../../../src/language/pieces'
import { StopStrings } from '../../../src/language/stopStrings'
import { TokenWindow } from '../../../src/language/tokenWindow'
import { WarmContext } from '../../../src/language/warmContext'
import { embeddedTokenizer } from '../../support/embeddedTokenizer'
import { NgramModel, type NgramOptions } from '../../support/ngramModel'

const story = 'Once upon a time there was a king who had three sons. 👩‍👩‍👧‍👦 They lived happily ever after.<|endoftext|>'

function request(changes: Partial<GenerationRequest> = {}): GenerationRequest {
  return { prompt: 'Once upon', maxNewTokens: 8, sequences: 1, sampling: { kind: 'greedy', repetitionPenalty: 1 }, stop: [], ...changes }
}

async function run(changes: Partial<GenerationRequest> = {}, options: NgramOptions = {}) {
  const model = new NgramModel(embeddedTokenizer, story, options)
  const context = new WarmContext(model.open())
  const streamed: string[] = []
  const pieces: string[] = []
  const generation = await generate(model, context, request(changes), {
    text: (sequence, text) => {
      streamed[sequence] = (streamed[sequence] ?? '') + text
      pieces.push(text)
    },
  })
  return { model, context, streamed, pieces, ...generation }
}

const sampling = { kind: 'sample', temperature: 2, topK: 0, topP: 1, repetitionPenalty: 1, seed: 5 } as const

describe('generation', () => {
  it('writes the likeliest text and says how likely it was', async () => {
    const { sequences, streamed, promptTokens, promptCut, model } = await run()
    expect(sequences[0]).toMatchObject({ text: ' a time there was a king who had', finish: 'length' })
    expect(streamed).toEqual([' a time there was a king who had'])
    expect(sequences[0]?.tokens).toEqual([...embeddedTokenizer.encode(' a time there was a king who had')].slice(0, 8))
    expect({ promptTokens, promptCut }).toEqual({ promptTokens: embeddedTokenizer.encode('Once upon').length, promptCut: false })
    const context = [...embeddedTokenizer.encode('Once upon')]
    const logprob = (sequences[0]?.tokens ?? []).reduce((sum, id) => {
      const next = sum + (model.predict(context)[id] ?? 0)
      context.push(id)
      return next
    }, 0)
    expect(sequences[0]?.logprob).toBeCloseTo(logprob, 4)
  })

  it('ends where the model ends the text', async () => {
    const { sequences } = await run({ prompt: ' They lived', maxNewTokens: 100 })
    expect(sequences[0]).toMatchObject({ text: ' happily ever after.', finish: 'eos' })
    expect(sequences[0]?.tokens.at(-1)).toBe(embeddedTokenizer.endOfText)
  })

  it.each([
    [['king'], ' a time there was a '],
    [['g who'], ' a time there was a kin'],
    [['was a', 'there w'], ' a time '],
    [['nothing of the sort', ''], ' a time there was a king who had three sons.'],
    [['.'], ' a time there was a king who had three sons'],
  ])('ends before the first of the stops %j', async (stop, text) => {
    const maxNewTokens = embeddedTokenizer.encode(' a time there was a king who had three sons.').length
    const { sequences, streamed } = await run({ stop, maxNewTokens })
    expect(sequences[0]?.text).toBe(text)
    expect(streamed).toEqual([text])
    expect(sequences[0]?.finish).toBe(stop.includes('') ? 'length' : 'stop')
  })

  it('never emits half a character', async () => {
    const { pieces, streamed } = await run({ prompt: ' three sons.', maxNewTokens: 60 })
    expect(streamed[0]).toContain('👩‍👩')
    expect(pieces.join('')).not.toContain('\ufffd')
    const { sequences } = await run({ prompt: ' three sons.', maxNewTokens: 2 })
    expect(sequences[0]).toMatchObject({ text: ' ', finish: 'length' })
  })

  it.each([1, 3])('gives the same text for the same seed, sequence by sequence, of %i', async (count) => {
    const first = await run({ sampling, sequences: count })
    const second = await run({ sampling, sequences: count })
    expect(first.sequences).toEqual(second.sequences)
    expect(first.streamed).toEqual(first.sequences.map(({ text }) => text))
    const alone = await run({ sampling })
    expect(first.sequences[0]).toEqual(alone.sequences[0])
    expect(new Set(first.sequences.map(({ text }) => text)).size).toBe(count)
  })

  it('runs several sequences in one batch and leaves the context with the prompt', async () => {
    const { model, context } = await run({ sequences: 4 })
    expect(model.work.runs).toBe(1 + 7)
    expect(context.tokens).toEqual([...embeddedTokenizer.encode('Once upon')])
  })

  it.each<[string, Partial<GenerationRequest>, string, string]>([
    ['with the last sentence that is whole', { maxNewTokens: 16, endWithSentence: true }, ' a time there was a king who had three sons.', 'sentence'],
    ['in the middle of one that ends too late', { maxNewTokens: 8, endWithSentence: true }, ' a time there was a king who had', 'length'],
    ['no earlier than it has to', { maxNewTokens: 200, endWithSentence: true, stop: ['👩'] }, ' a time there was a king who had three sons. ', 'stop'],
    ['where the tokens are used up, unless it is to end with a sentence', { maxNewTokens: 14 }, ' a time there was a king who had three sons. ', 'length'],
  ])('ends %s', async (_, changes, text, finish) => {
    const { sequences, streamed } = await run(changes)
    expect(sequences[0]).toMatchObject({ text, finish })
    expect(streamed).toEqual([text])
  })

  it('refuses an empty prompt', async () => {
    await expect(run({ prompt: '' })).rejects.toMatchObject({ code: 'prompt-empty' })
  })

  it('does nothing for no tokens', async () => {
    const { sequences, model } = await run({ maxNewTokens: 0, sequences: 2 })
    expect(sequences).toEqual([1, 2].map(() => ({ text: '', tokens: [], logprob: 0, finish: 'length' })))
    expect(model.work.runs).toBe(0)
  })

  it.each([1, 2])('goes on when the context is full, with %i sequences', async (count) => {
    const looping = 'a b c d e f g h a b c d e f g h a b c d e f g h a b'
    const write = async (contextLength: number) => {
      const model = new NgramModel(embeddedTokenizer, looping, { contextLength })
      return generate(model, new WarmContext(model.open()), request({ prompt: 'a b', maxNewTokens: 40, sequences: count }))
    }
    const short = await write(12)
    expect(short.sequences.map(({ tokens }) => tokens.length)).toEqual(Array.from({ length: count }, () => 40))
    expect(short.sequences).toEqual((await write(200)).sequences)
  })

  it('reads the end of a prompt that is longer than the context, and says so', async () => {
    const { promptCut, promptTokens, sequences, context } = await run({ prompt: `${'word '.repeat(50)}Once upon`, maxNewTokens: 4 }, { contextLength: 16 })
    expect(promptCut).toBe(true)
    expect(promptTokens).toBe(embeddedTokenizer.encode(`${'word '.repeat(50)}Once upon`).length)
    expect(sequences[0]?.tokens).toEqual([...embeddedTokenizer.encode(' a time there was')])
    expect(context.length).toBe(15)
  })

  it.each([1, 3])('can be cancelled between tokens, with %i sequences', async (count) => {
    const abort = new AbortController()
    const model = new NgramModel(embeddedTokenizer, story)
    const context = new WarmContext(model.open())
    let seen = 0
    const running = generate(model, context, request({ sequences: count, maxNewTokens: 1000 }), { text: () => ++seen === 5 && abort.abort() }, abort.signal)
    await expect(running).rejects.toThrow(CancelledError)
    expect(seen).toBeLessThan(5 + count)
    // The context can be used again: its branches were given back.
    await context.advance(embeddedTokenizer.encode('They lived'))
    expect(context.length).toBe(embeddedTokenizer.encode('They lived').length)
  })
})

describe('stop strings', () => {
  it.each([
    [['ab'], ['xa', 'b'], ['x', ''], true],
    [['ab'], ['xa', 'c'], ['x', 'ac'], false],
    [['aab'], ['aa', 'ab'], ['', 'a'], true],
    [['b', 'abc'], ['a', 'b'], ['', 'a'], true],
    [[], ['a'], ['a'], false],
  ])('%j let through of %j: %j', (stops, input, output, stopped) => {
    const filter = new StopStrings(stops)
    expect(input.map((text) => filter.push(text))).toEqual(output)
    expect(filter.stopped).toBe(stopped)
  })
})

describe('a token window', () => {
  it.each([
    ['all that fits', 4, 8, 2, [0, 1, 2, 3]],
    ['all that fits now, although it will not', 8, 8, 100, [0, 1, 2, 3, 4, 5, 6, 7]],
    ['the end, with room for what will follow', 12, 8, 3, [7, 8, 9, 10, 11]],
    ['not less than half', 12, 8, 100, [8, 9, 10, 11]],
  ])('of a prompt is %s', (_, length, capacity, expected, view) => {
    expect([...TokenWindow.of(Int32Array.from({ length }, (_, i) => i), capacity, expected).view()]).toEqual(view)
  })

  it('begins anew with its last half when it is full', () => {
    const window = TokenWindow.of(Int32Array.of(0), 4, 100)
    const views = [1, 2, 3, 4, 5].map((token) => {
      window.push(token)
      return [...window.view()]
    })
    expect(views).toEqual([[0, 1], [0, 1, 2], [0, 1, 2, 3], [3, 4], [3, 4, 5]])
  })
})

describe('pieces', () => {
  it.each(['', 'plain words', '👩‍👩‍👧‍👦 é 今天', 'a\ud83d'])('of %j join to the text', (text) => {
    const ids = embeddedTokenizer.encode(text)
    const pieces = pieceTexts(embeddedTokenizer, ids, text)
    expect(pieces).toHaveLength(ids.length)
    expect(pieces.join('')).toBe(text.replace(/\p{Surrogate}/u, '\ufffd'))
  })

  it('end with a replacement for half a character', () => {
    expect(pieceTexts(embeddedTokenizer, embeddedTokenizer.encode('👩').subarray(0, 1), '👩')).toEqual(['\ufffd'])
  })
})
