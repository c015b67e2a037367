import { describe, expect, it } from 'vitest'
import { CancelledError } from '../../../src/base/cancellation'
import type { Continuation, ContinuationLimits, ContinuationRequest } from '../../../src/language/continuation'
import { ContinuationWriter } from '../../../src/language/continuationWriter'
import { WarmContext } from '../../../src/language/warmContext'
import { embeddedTokenizer } from '../../support/embeddedTokenizer'
import { ManualClock } from '../../support/manualClock'
import { NgramModel, type NgramOptions } from '../../support/ngramModel'

const corpus = [
  'Artificial intelligence is revolutionizing the way we live, work and play. It is everywhere.\n\n',
  'The revolution began in the spring. The revolution ended in the autumn.\n\n',
  'She said “Stop it.” and left. Mr. Smith came at once. I don’t know why, said Dr. Watson. You can\'t win!\n\n',
  'The price rose by 3.14 percent. A well-known fact. See (for example) the last chapter.\n\n',
  'Naïve café owners 👩‍🚀 rejoiced. 春眠不覚暁。\n\n',
  'We walked home<|endoftext|>',
  'All red green blue. All red green blue. All red green blue. All red yellow black. All red yellow black. All red white grey.\n\n',
].join('')

const anything: ContinuationLimits = { maxTokens: 30, minFirstWord: 0, minJoint: 0, boundary: 'sentence' }

/** The caret is `|`; what stands between `{` and it is healed. */
function request(notation: string, changes: Partial<ContinuationLimits> = {}, candidates = 1): ContinuationRequest {
  const [before = ''] = notation.split('|')
  const [prompt = '', healing = ''] = before.split('{')
  return { prompt, healing, candidates, limits: { ...anything, ...changes } }
}

async function write(asked: ContinuationRequest, options: NgramOptions = {}, text = corpus) {
  const model = new NgramModel(embeddedTokenizer, text, options)
  const partials: string[][] = []
  const context = new WarmContext(model.open())
  const continuations = await new ContinuationWriter(model, new ManualClock()).write(context, asked, (candidate, shown) => (partials[candidate] ??= []).push(shown))
  return { model, context, continuations, partials, first: continuations[0] }
}

describe('the likeliest continuation', () => {
  it.each<[string, string, Continuation['finish']]>([
    // From a boundary, inside a word, behind a whole word, with the space typed.
    ['Artificial intelligence is|', ' revolutionizing the way we live, work and play.', 'boundary'],
    ['Artificial intelligence is{ |', 'revolutionizing the way we live, work and play.', 'boundary'],
    ['Artificial intelligence is{ revol|', 'utionizing the way we live, work and play.', 'boundary'],
    ['Artificial intelligence is{ r|', 'evolutionizing the way we live, work and play.', 'boundary'],
    ['Artificial intelligence is{ revolutionizing|', ' the way we live, work and play.', 'boundary'],
    ['Artificial intelligence{ is|', ' revolutionizing the way we live, work and play.', 'boundary'],
    ['The{ revolu|', 'tion began in the spring.', 'boundary'],
    // Words with marks in them.
    ['. I{ don|', '’t know why, said Dr. Watson.', 'boundary'],
    ['A well|', '-known fact.', 'boundary'],
    ['A{ wel|', 'l-known fact.', 'boundary'],
    // Sentences.
    [' and left. Mr|', '. Smith came at once.', 'boundary'],
    ['The price rose|', ' by 3.14 percent.', 'boundary'],
    ['She said|', ' “Stop it.” and left.', 'boundary'],
    ['. You{ ca|', "n't win!", 'boundary'],
    [' fact. See|', ' (for example) the last chapter.', 'boundary'],
    ['春眠|', '不覚暁。', 'boundary'],
    ['Naïve{ caf|', 'é owners 👩‍🚀 rejoiced.', 'boundary'],
    // The end of the text.
    ['We walked|', ' home', 'eos'],
  ])('of %j is %j', async (notation, text, finish) => {
    const { first, partials } = await write(request(notation))
    expect(first?.text).toBe(text)
    expect(first?.finish).toBe(finish)
    expect(first?.pieces.map((piece) => piece.text).join('')).toBe(text)
    expect(partials[0]?.at(-1)).toBe(text)
    for (const partial of partials[0] ?? []) expect(text.startsWith(partial)).toBe(true)
  })

  it('goes on to the end of the line when it may', async () => {
    const { first } = await write(request('The{ revolu|', { boundary: 'line' }))
    expect(first).toMatchObject({ text: 'tion began in the spring. The revolution ended in the autumn.', finish: 'boundary' })
  })

  it.each([
    ['There is no text at all', '|', 'All red green blue.'],
    ['There is no text before', '{Art|', 'ificial intelligence is revolutionizing the way we live, work and play.'],
    ['The letters are those of a line\'s first word', 'percent.\n\n{Na|', 'ïve café owners 👩‍🚀 rejoiced.'],
  ])('is found at a beginning: %s', async (_, notation, text) => {
    const { first } = await write(request(notation), {}, `<|endoftext|>${corpus}`)
    expect(first?.text).toBe(text)
  })

  it.each([
    ['The paragraph has ended', 'It is everywhere.|'],
    ['The text has ended', 'We walked home|'],
  ])('is nothing likely: %s', async (_, notation) => {
    const { continuations } = await write(request(notation, { minFirstWord: 0.3 }))
    expect(continuations).toEqual([])
  })
})

describe('a continuation ends', () => {
  it.each([1, 2, 3, 4, 5, 8])('with a whole word after %i tokens', async (maxTokens) => {
    const { first } = await write(request('Artificial intelligence{ i|', { maxTokens }))
    const whole = 's revolutionizing the way we live, work and play.'
    expect(whole.startsWith(first?.text ?? '?')).toBe(true)
    expect(whole.slice(first?.text.length)).toMatch(/^(?:$|[^\p{L}])/u)
    expect(first?.finish).toBe('length')
    expect(first?.pieces.length).toBeLessThanOrEqual(maxTokens)
  })

  it.each([0.9, 0.5, 0.3, 0.1, 0.01])('where the joint probability falls below %d', async (minJoint) => {
    const { first } = await write(request('The{ revol|', { minJoint }))
    if (first?.finish === 'unsure') expect(first.text).not.toBe('ution began in the spring.')
    const everything = await write(request('The{ revol|'))
    expect(everything.first?.text.startsWith(first?.text ?? '?')).toBe(true)
    // The first word stands whatever the joint probability is; all others must not fall below.
    if ((first?.joint ?? 0) < minJoint) expect(first?.joint).toBe(first?.firstWord)
  })

  it('without a dash or an opening mark at its end', async () => {
    for (let maxTokens = 1; maxTokens < 8; maxTokens++) {
      for (const notation of ['A|', ' fact. See|', 'She said|']) {
        const { first } = await write(request(notation, { maxTokens }))
        expect(first?.text ?? '').not.toMatch(/[-(“\s]$/)
      }
    }
  })

  it('before the context is full', async () => {
    const { first, model } = await write(request('Artificial intelligence is|', { maxTokens: 100 }), { contextLength: 10 })
    expect(model.contextLength).toBe(10)
    expect(' revolutionizing the way we live, work and play.'.startsWith(first?.text ?? '?')).toBe(true)
  })

  it('reading only the end of a prompt that does not fit', async () => {
    const { first, context } = await write(request(`${'word '.repeat(300)}Artificial intelligence is|`), { contextLength: 64 })
    expect(first?.text).toBe(' revolutionizing the way we live, work and play.')
    expect(context.length).toBeLessThanOrEqual(32)
  })
})

describe('several candidates', () => {
  it('begin differently, best first', async () => {
    const { continuations, partials } = await write(request('All red|', {}, 3))
    expect(continuations.map(({ text }) => text)).toEqual([' green blue.', ' yellow black.', ' white grey.'])
    const probabilities = continuations.map(({ firstWord }) => firstWord)
    expect(probabilities).toEqual([...probabilities].sort((a, b) => b - a))
    expect(partials.map((texts) => texts.at(-1))).toEqual(continuations.map(({ text }) => text))
  })

  it('are only those that are sure enough', async () => {
    const { continuations } = await write(request('All red|', { minFirstWord: 0.3 }, 3))
    expect(continuations.map(({ text }) => text)).toEqual([' green blue.'])
  })

  it('differ behind a word that is whole', async () => {
    const { continuations } = await write(request('blue. All{ red|', {}, 3))
    expect(continuations.map(({ text }) => text).sort()).toEqual([' green blue.', ' white grey.', ' yellow black.'])
  })
})

describe('a time limit', () => {
  async function writeIn(timeMs: number, wordMs: number): Promise<Continuation | undefined> {
    const model = new NgramModel(embeddedTokenizer, corpus)
    const clock = new ManualClock()
    const asked = { ...request('Artificial intelligence is{ revol|'), timeMs }
    return (await new ContinuationWriter(model, clock).write(new WarmContext(model.open()), asked, () => clock.advance(wordMs)))[0]
  }

  it('ends a continuation at the word that is there by then', async () => {
    expect(await writeIn(50, 20)).toMatchObject({ text: 'utionizing the way', finish: 'time' })
  })

  it('leaves the first word, however long it took', async () => {
    expect(await writeIn(50, 1000)).toMatchObject({ text: 'utionizing', finish: 'time' })
  })

  it('changes nothing where the time is enough', async () => {
    expect(await writeIn(50, 1)).toMatchObject({ text: 'utionizing the way we live, work and play.', finish: 'boundary' })
  })
})

describe('the work', () => {
  it('of the next letter does not include the prompt', async () => {
    const model = new NgramModel(embeddedTokenizer, corpus)
    const context = new WarmContext(model.open())
    const writer = new ContinuationWriter(model, new ManualClock())
    await writer.write(context, request('Artificial intelligence is{ re|', { maxTokens: 1, minFirstWord: 0.2 }))
    const before = model.work.tokens
    await writer.write(context, request('Artificial intelligence is{ rev|', { maxTokens: 1, minFirstWord: 0.2 }))
    expect(model.work.tokens - before).toBeLessThan(12)
    expect(context.tokens).toEqual([...embeddedTokenizer.encode('Artificial intelligence is')])
  })

  it('is none beyond the prompt when nothing is likely enough', async () => {
    const { model, continuations } = await write(request('It is everywhere.\n\nThe|', { minFirstWord: 0.99 }))
    expect(continuations).toEqual([])
    expect(model.work.runs).toBe(1)
  })

  it('can be cancelled, and the context used again', async () => {
    const model = new NgramModel(embeddedTokenizer, corpus)
    const context = new WarmContext(model.open())
    const writer = new ContinuationWriter(model, new ManualClock())
    const abort = new AbortController()
    await expect(writer.write(context, request('The{ revol|'), () => abort.abort(), abort.signal)).rejects.toThrow(CancelledError)
    const [again] = await writer.write(context, request('The{ revol|'))
    expect(again?.text).toBe('ution began in the spring.')
  })
})

// The exact probability of a first word, from every way to write it with tokens.
describe('the probability of the first word is that of its letters', () => {
  const model = new NgramModel(embeddedTokenizer, corpus)
  const tokens = Array.from({ length: embeddedTokenizer.vocabularySize }, (_, id) => ({ id, text: Buffer.from(embeddedTokenizer.bytes(id)).toString('latin1') }))

  /** Probability that what follows `context` begins with `wanted`. */
  function agreeing(context: readonly number[], wanted: string): number {
    if (wanted === '') return 1
    const logits = model.predict(context)
    return tokens.reduce((sum, { id, text }) => {
      if (text === '' || !(text.startsWith(wanted) || wanted.startsWith(text))) return sum
      return sum + Math.exp(logits[id] ?? 0) * (text.length >= wanted.length ? 1 : agreeing([...context, id], wanted.slice(text.length)))
    }, 0)
  }

  /** Probability that what follows `context` is `word` and no letter behind it. */
  function exactly(context: readonly number[], word: string): number {
    const logits = model.predict(context)
    if (word === '') return tokens.reduce((sum, { id, text }) => (/^[a-z0-9'\x80-\xff]/i.test(text) ? sum : sum + Math.exp(logits[id] ?? 0)), 0)
    return tokens.reduce((sum, { id, text }) => (text !== '' && word.startsWith(text) ? sum + Math.exp(logits[id] ?? 0) * exactly([...context, id], word.slice(text.length)) : sum), 0)
  }

  it.each(['Artificial intelligence is{ rev|', 'Artificial intelligence is|', 'The{ re|', 'rose by 3.14{ per|', 'red{ g|', 'red{ |', 'I don’t know{ wh|'])('behind %j', async (notation) => {
    const asked = request(notation)
    const { first } = await write(asked)
    const context = [...embeddedTokenizer.encode(asked.prompt)]
    const word = asked.healing + (/^ ?\p{L}+/u.exec(first?.text ?? '')?.[0] ?? '')
    const exact = exactly(context, word) / agreeing(context, asked.healing)
    // Paths that are left out make it lower, by little; which tokens of other scripts are letters is told roughly here.
    expect(first?.firstWord).toBeLessThan(exact * 1.02)
    expect(first?.firstWord).toBeGreaterThan(exact * 0.9)
  })
})

describe('beside other text of the document', () => {
  const background = 'Professor Quillfeather came in. “Good morning,” said Professor Quillfeather.\n\n'.repeat(12)

  it.each([
    ['a name that was begun', ' and left. “Good evening,” said Professor{ Quill|', 'feather'],
    ['a name behind its title', ' and left. “Good evening,” said Professor|', ' Quillfeather'],
  ])('writes %s', async (_what, notation, word) => {
    const { first } = await write({ ...request(notation), background })
    expect(first?.text.startsWith(word)).toBe(true)
    const alone = await write(request(notation))
    expect(alone.first?.firstWord ?? 0).toBeLessThan(first?.firstWord ?? 0)
  })

  it('answers as a writer does that never saw another text', async () => {
    const model = new NgramModel(embeddedTokenizer, corpus)
    const context = new WarmContext(model.open())
    const writer = new ContinuationWriter(model, new ManualClock())
    const asked = request('. I saw{ Quill|')
    await writer.write(context, { ...asked, background: 'Captain Quillon. '.repeat(3) })
    expect(await writer.write(context, { ...asked, background })).toEqual(await new ContinuationWriter(model, new ManualClock()).write(new WarmContext(model.open()), { ...asked, background }))
    expect(await writer.write(context, asked)).toEqual((await write(asked)).continuations)
  })
})
