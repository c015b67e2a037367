import { describe, expect, it } from 'vitest'
import { generate, type GenerationRequest } from '../../../src/language/generate'
import { PromptLookup } from '../../../src/language/promptLookup'
import type { Sampling } from '../../../src/language/sampling'
import { WarmContext } from '../../../src/language/warmContext'
import { embeddedTokenizer } from '../../support/embeddedTokenizer'
import { NgramModel } from '../../support/ngramModel'

const story = 'The king had three sons. The king had three daughters. The king had no crown. The queen had three crowns, and the king had three sons.'

async function write(changes: Partial<GenerationRequest>, model = new NgramModel(embeddedTokenizer, story)) {
  const request = { prompt: 'The king had three sons. The king had', maxNewTokens: 24, sequences: 1, sampling: { kind: 'greedy', repetitionPenalty: 1 }, stop: [], ...changes } as const
  return { model, ...(await generate(model, new WarmContext(model.open()), request)) }
}

const samplings: readonly Sampling[] = [
  { kind: 'greedy', repetitionPenalty: 1 },
  { kind: 'greedy', repetitionPenalty: 1.3 },
  { kind: 'sample', temperature: 1, topK: 0, topP: 1, repetitionPenalty: 1, seed: 3 },
  { kind: 'sample', temperature: 0.6, topK: 20, topP: 0.9, repetitionPenalty: 1.1, seed: 4 },
]

describe('speculation', () => {
  it.each(samplings)('writes what is written without it, by $kind with penalty $repetitionPenalty', async (sampling) => {
    const fast = await write({ sampling })
    const slow = await write({ sampling, speculate: false })
    expect(fast.sequences).toEqual(slow.sequences)
    expect(fast.drafts?.drafted).toBeGreaterThan(0)
    expect(slow.drafts?.drafted).toBe(0)
  })

  it('takes fewer steps where the text repeats itself', async () => {
    const fast = await write({})
    const slow = await write({ speculate: false })
    expect(fast.model.work.runs).toBeLessThan(0.7 * slow.model.work.runs)
  })

  it.each([[['sons']], [['. The']]])('ends before a stop within a draft: %j', async (stop) => {
    const fast = await write({ stop })
    expect(fast.sequences).toEqual((await write({ stop, speculate: false })).sequences)
    expect(fast.sequences[0]?.finish).toBe('stop')
  })

  it('goes on when the context is full, and at its last token', async () => {
    for (let contextLength = 14; contextLength < 24; contextLength++) {
      const model = (): NgramModel => new NgramModel(embeddedTokenizer, story, { contextLength })
      const fast = await write({ maxNewTokens: 40 }, model())
      expect(fast.sequences).toEqual((await write({ maxNewTokens: 40, speculate: false }, model())).sequences)
    }
  })

  it('keeps the distribution of what is sampled', async () => {
    // The second token of each text was checked as part of a draft, or follows one that was refused.
    const model = new NgramModel(embeddedTokenizer, story)
    const prompt = 'The king had three sons. The king had'
    const draws = 1000
    const counts = new Map<number, number>()
    let checked = 0
    for (let seed = 0; seed < draws; seed++) {
      const { sequences, drafts } = await write({ prompt, maxNewTokens: 3, sampling: { kind: 'sample', temperature: 1, topK: 0, topP: 1, repetitionPenalty: 1, seed } }, model)
      checked += drafts?.drafted ?? 0
      const id = sequences[0]?.tokens[1] ?? -1
      counts.set(id, (counts.get(id) ?? 0) + 1)
    }
    expect(checked).toBeGreaterThan(draws / 3)
    expect(chiSquared(counts, secondToken(model, [...embeddedTokenizer.encode(prompt)]), draws)).toBeLessThan(1)
  }, 120_000)
})

/** Exact probabilities of the token after next: Σ p(a | context) · p(b | context, a). */
function secondToken(model: NgramModel, context: readonly number[]): Float64Array {
  const result = new Float64Array(embeddedTokenizer.vocabularySize)
  const first = Array.from(model.predict(context), Math.exp)
  const order = first.map((_, id) => id).sort((a, b) => (first[b] ?? 0) - (first[a] ?? 0)).slice(0, 200)
  const known = order.reduce((sum, id) => sum + (first[id] ?? 0), 0)
  for (const id of order) {
    model.predict([...context, id]).forEach((logprob, next) => (result[next] = (result[next] ?? 0) + ((first[id] ?? 0) / known) * Math.exp(logprob)))
  }
  return result
}

/** Pearson's statistic over the cells that can be expected, all others joined, divided by what it exceeds once in a thousand times. */
function chiSquared(counts: ReadonlyMap<number, number>, expected: Float64Array, draws: number): number {
  const cells = [...expected.keys()].filter((id) => (expected[id] ?? 0) * draws >= 5)
  const seen = cells.map((id) => counts.get(id) ?? 0)
  const share = cells.map((id) => expected[id] ?? 0)
  const rest = { seen: draws - seen.reduce((a, b) => a + b, 0), share: 1 - share.reduce((a, b) => a + b, 0) }
  const all = [...cells.map((_, i) => ({ seen: seen[i] ?? 0, share: share[i] ?? 0 })), rest]
  const statistic = all.reduce((sum, cell) => sum + (cell.seen - cell.share * draws) ** 2 / (cell.share * draws), 0)
  const freedom = all.length - 1
  // Wilson and Hilferty 1931; 3.09 is the normal quantile of 0.999.
  const critical = freedom * (1 - 2 / (9 * freedom) + 3.09 * Math.sqrt(2 / (9 * freedom))) ** 3
  return statistic / critical
}

describe('a prompt lookup', () => {
  const after = (...tokens: number[]): PromptLookup => {
    const lookup = new PromptLookup()
    tokens.forEach((token) => lookup.push(token))
    return lookup
  }

  it.each([
    ['what followed the last two tokens', [1, 2, 3, 4, 5, 1, 2], [3, 4, 5]],
    ['the latest place', [1, 2, 3, 9, 1, 2, 7, 8, 1, 2], [7, 8, 1]],
    ['a loop as far as it is known', [1, 2, 1, 2], [1, 2]],
    ['nothing where nothing was before', [1, 2, 3, 4], []],
    ['nothing for one token', [1], []],
  ])('drafts %s', (_, tokens, drafted) => {
    expect(after(...tokens).draft(3)).toEqual(drafted)
  })

  it('stops when its drafts are wrong, and drafts longer when they are right', () => {
    const wrong = after(1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2)
    for (let i = 0; i < 6; i++) wrong.learn(0, wrong.draft(7).length > 0)
    expect(wrong.draft(7)).toEqual([])
    const right = after(1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2)
    for (let i = 0; i < 6; i++) right.learn(right.draft(7).length, false)
    expect(right.draft(7)).toEqual([3, 4, 5, 6, 7, 8, 9])
  })
})
