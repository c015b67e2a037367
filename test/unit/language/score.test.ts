import { describe, expect, it } from 'vitest'
import { CancelledError } from '../../../src/base/cancellation'
import { scoreText } from '../../../src/language/score'
import { WarmContext } from '../../../src/language/warmContext'
import { embeddedTokenizer } from '../../support/embeddedTokenizer'
import { NgramModel, type NgramOptions } from '../../support/ngramModel'

const text = 'It was the best of times, it was the worst of times, it was the age of wisdom.'

async function score(scored: string, options: NgramOptions = {}) {
  const model = new NgramModel(embeddedTokenizer, text, options)
  return { model, ...(await scoreText(model, new WarmContext(model.open()), scored, 2)) }
}

describe('the score of a text', () => {
  it('gives every token but the first what the model thinks of it', async () => {
    const { model, tokens, bits, bytes } = await score(text)
    const ids = [...embeddedTokenizer.encode(text)]
    expect(tokens.map(({ id }) => id)).toEqual(ids)
    expect(tokens.map((token) => token.text).join('')).toBe(text)
    expect(tokens[0]).toMatchObject({ logprob: null, rank: null, entropy: null })
    const expected = ids.map((id, i) => (i === 0 ? 0 : (model.predict(ids.slice(0, i))[id] ?? 0)))
    tokens.forEach((token, i) => expect(token.logprob ?? 0).toBeCloseTo(expected[i] ?? 0, 6))
    expect(bits).toBeCloseTo(-expected.reduce((sum, x) => sum + x, 0) / Math.log(2), 4)
    expect(bytes).toBe(text.length)
    expect(tokens[5]?.alternatives).toHaveLength(2)
  })

  it.each([4, 5, 7, 12, 64])('counts each token once when the context holds %i', async (contextLength) => {
    const { tokens, model } = await score(`${text} ${text}`, { contextLength })
    const ids = [...embeddedTokenizer.encode(`${text} ${text}`)]
    expect(tokens.map(({ id }) => id)).toEqual(ids)
    expect(tokens.filter(({ logprob }) => logprob === null)).toHaveLength(1)
    // The model looks three tokens back, so each is scored as in the whole text once a window overlaps by that much.
    if (contextLength >= 7) tokens.slice(1).forEach((token, i) => expect(token.logprob).toBeCloseTo(model.predict(ids.slice(0, i + 1))[token.id] ?? 0, 5))
  })

  it.each([
    ['nothing', '', 0, 0],
    ['one token', 'the', 1, 3],
    ['characters of several bytes', 'é', 1, 2],
    ['a lone surrogate as its replacement', '\ud83d', 3, 3],
  ])('of %s', async (_, scored, count, length) => {
    const { tokens, bits, bytes } = await score(scored)
    expect(tokens.length).toBeGreaterThanOrEqual(Math.min(count, 1))
    expect(bytes).toBe(length)
    expect(bits >= 0).toBe(true)
  })

  it('tells how far it is and can be cancelled between windows', async () => {
    const abort = new AbortController()
    const model = new NgramModel(embeddedTokenizer, text, { contextLength: 8 })
    const shares: number[] = []
    const progress = (done: number): void => {
      shares.push(done)
      if (shares.length === 2) abort.abort()
    }
    await expect(scoreText(model, new WarmContext(model.open()), text.repeat(3), 0, progress, abort.signal)).rejects.toThrow(CancelledError)
    expect(shares).toHaveLength(2)
    expect(shares[0]).toBeLessThan(shares[1] ?? 0)
  })
})
