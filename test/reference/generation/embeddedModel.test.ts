import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openGpt2 } from '../../../src/engine/onnx/openGpt2'
import { ContinuationWriter } from '../../../src/language/continuationWriter'
import { generate, type GenerationRequest } from '../../../src/language/generate'
import type { LanguageModel } from '../../../src/language/languageModel'
import { indexOfHighest, logProbability } from '../../../src/language/probabilities'
import { scoreText } from '../../../src/language/score'
import { endOf, kindOf, parts } from '../../../src/language/tokenKind'
import { WarmContext } from '../../../src/language/warmContext'
import { embeddedTokenizer } from '../../support/embeddedTokenizer'
import { ManualClock } from '../../support/manualClock'

// The same things done the plain way are the oracle here: one token after the other in a context of its own.
let model: LanguageModel

beforeAll(async () => {
  const folder = join(__dirname, '../../../media/model')
  model = await openGpt2({ folder, tokenizer: embeddedTokenizer, precision: 'fp32', device: 'cpu', threads: 1, cacheFolder: undefined })
})

afterAll(() => model.dispose())

async function withContext<T>(action: (context: WarmContext) => Promise<T>): Promise<T> {
  const context = new WarmContext(model.open())
  try {
    return await action(context)
  } finally {
    context.dispose()
  }
}

function write(request: Partial<GenerationRequest> & { prompt: string }) {
  return withContext((context) =>
    generate(model, context, { maxNewTokens: 64, sequences: 1, sampling: { kind: 'greedy', repetitionPenalty: 1 }, stop: [], ...request }),
  )
}

const prompts = ['Artificial intelligence is revolutionizing', 'Deep learning is revolutionizing artificial intelligence', 'She opened the door and']

describe('the embedded model', () => {
  it.each(prompts)('writes what it finds likeliest, token by token, behind %j', async (prompt) => {
    const ids = [...embeddedTokenizer.encode(prompt)]
    const start = ids.length
    let logprob = 0
    await withContext(async (context) => {
      while (ids.length < start + 64 && ids.at(-1) !== embeddedTokenizer.endOfText) {
        const logits = await context.advance(Int32Array.from(ids))
        const next = indexOfHighest(logits)
        logprob += logProbability(logits, next)
        ids.push(next)
      }
    })
    const { sequences } = await write({ prompt })
    expect(sequences[0]?.tokens).toEqual(ids.slice(start))
    expect(sequences[0]?.logprob).toBeCloseTo(logprob, 2)
    expect(embeddedTokenizer.decode(ids.slice(start)).startsWith(sequences[0]?.text ?? '?')).toBe(true)
  })

  it('writes the same first sequence alone and beside others', async () => {
    const sampling = { kind: 'sample', temperature: 0.9, topK: 40, topP: 0.95, repetitionPenalty: 1.1, seed: 42 } as const
    const request = { prompt: prompts[2] ?? '', maxNewTokens: 24, sampling }
    const together = await write({ ...request, sequences: 3 })
    expect((await write(request)).sequences[0]?.tokens).toEqual(together.sequences[0]?.tokens)
    expect(new Set(together.sequences.map(({ text }) => text)).size).toBe(3)
  })

  it('goes on when its context is full', async () => {
    const sentence = ' The house stood on a hill.'
    const prompt = sentence.repeat(Math.floor((model.contextLength - 1) / embeddedTokenizer.encode(sentence).length))
    const { sequences, promptCut } = await write({ prompt, maxNewTokens: 40 })
    expect(promptCut).toBe(false)
    expect(sequences[0]?.tokens).toHaveLength(40)
  })

  it('scores a text longer than its context as the parts of it', async () => {
    const sentence = ' It was a bright cold day in the village, and the clocks were late.'
    const text = sentence.repeat(Math.ceil((model.contextLength * 1.7) / embeddedTokenizer.encode(sentence).length))
    const ids = embeddedTokenizer.encode(text)
    const { tokens, bits, bytes } = await withContext((context) => scoreText(model, context, text, 1))
    expect(tokens.map(({ id }) => id)).toEqual([...ids])
    const place = Math.floor(model.contextLength * 1.25)
    // The third window begins where half a context stands before what is scored there.
    const windowStart = model.contextLength - (model.contextLength >> 1)
    const logits = await withContext((context) => context.advance(ids.subarray(windowStart, place)))
    expect(tokens[place]?.logprob).toBeCloseTo(logProbability(logits, ids[place] ?? 0), 3)
    expect(bits / bytes).toBeLessThan(1)
  })
})

describe('a continuation by the embedded model', () => {
  const limits = { maxTokens: 16, minFirstWord: 0.05, minJoint: 0.01, boundary: 'sentence' } as const

  it.each([
    ['She looked at him for a', ' mom'],
    ['To install the package, run the', ' foll'],
    ['If you want to contribute, please open a pull', ' '],
    ['For', ' exam'],
    ['In the middle', ' of'],
  ])('of %j and %j is as likely as its tokens are', async (prompt, healing) => {
    const [first] = await withContext((context) => new ContinuationWriter(model, new ManualClock()).write(context, { prompt, healing, candidates: 1, limits }))
    expect(first).toBeDefined()
    if (first === undefined) return
    expect(first.text).toBe(first.pieces.map(({ text }) => text).join(''))
    expect(`${prompt}${healing}${first.text}`).not.toMatch(/\s\s/)
    // The probability that its last word ends there belongs to it.
    const whole = embeddedTokenizer.encode(prompt + healing + first.text)
    const logits = await withContext((context) => context.advance(whole))
    let ending = 0
    const end = endOf(first.text, false)
    for (let id = 0; id < embeddedTokenizer.vocabularySize; id++) {
      if (parts(kindOf(embeddedTokenizer.bytes(id)), end)) ending += Math.exp(logProbability(logits, id))
    }
    // One way to write it, relative to all that agrees with the letters, is at most all ways to write it.
    const logTokens = await withContext((context) => logprobOf(context, prompt, healing + first.text))
    const logHealed = await withContext((context) => logprobOfBeginning(context, prompt, healing))
    expect(first.joint).toBeGreaterThan(0.8 * Math.exp(logTokens - logHealed) * ending)
    expect(first.joint).toBeLessThan(1.25 * Math.exp(logTokens - logHealed) * ending)
  })

  /** Log-probability of the tokens of `text` behind `prompt`. */
  async function logprobOf(context: WarmContext, prompt: string, text: string): Promise<number> {
    const ids = [...embeddedTokenizer.encode(prompt)]
    let sum = 0
    for (const id of embeddedTokenizer.encode(text)) {
      sum += logProbability(await context.advance(Int32Array.from(ids)), id)
      ids.push(id)
    }
    return sum
  }

  /** Log-probability that the text behind `prompt` begins with `wanted`, over all ways to write it. */
  async function logprobOfBeginning(context: WarmContext, prompt: string, wanted: string): Promise<number> {
    const beginning = async (ids: readonly number[], rest: string): Promise<number> => {
      const logits = (await context.advance(Int32Array.from(ids))).slice()
      let sum = 0
      for (let id = 0; id < embeddedTokenizer.vocabularySize; id++) {
        const text = Buffer.from(embeddedTokenizer.bytes(id)).toString('latin1')
        if (text === '') continue
        if (text.startsWith(rest)) sum += Math.exp(logProbability(logits, id))
        else if (rest.startsWith(text)) sum += Math.exp(logProbability(logits, id)) * (await beginning([...ids, id], rest.slice(text.length)))
      }
      return sum
    }
    return Math.log(await beginning([...embeddedTokenizer.encode(prompt)], wanted))
  }
})
