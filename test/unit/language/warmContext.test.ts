import { describe, expect, it } from 'vitest'
import { CancelledError } from '../../../src/base/cancellation'
import { commonPrefix, WarmContext } from '../../../src/language/warmContext'
import { embeddedTokenizer } from '../../support/embeddedTokenizer'
import { NgramModel } from '../../support/ngramModel'

const text = 'the cat sat on the mat and the dog sat on the cat'

describe('commonPrefix', () => {
  it.each([
    [[], [], 0],
    [[1, 2], [], 0],
    [[1, 2, 3], [1, 2, 3], 3],
    [[1, 2, 3], [1, 2], 2],
    [[1, 2], [1, 2, 3], 2],
    [[1, 9, 3], [1, 2, 3], 1],
    [[9], [1], 0],
  ])('of %j and %j is %i', (held, wanted, length) => {
    expect(commonPrefix(held, wanted)).toBe(length)
  })
})

describe('a warm context', () => {
  const first = [10, 11, 12, 13]

  it.each([
    ['the same tokens', [10, 11, 12, 13], 0],
    ['one more', [10, 11, 12, 13, 14], 1],
    ['one less', [10, 11, 12], 1],
    ['another last one', [10, 11, 12, 99], 1],
    ['another one in the middle', [10, 99, 12, 13], 3],
    ['other tokens', [20, 21], 2],
  ])('runs only what changed: %s', async (_, second, cost) => {
    const model = new NgramModel(embeddedTokenizer, text)
    const context = new WarmContext(model.open())
    await context.advance(Int32Array.from(first))
    const before = model.work.tokens
    const logits = await context.advance(Int32Array.from(second))
    expect(model.work.tokens - before).toBe(cost)
    expect(context.tokens).toEqual(second)
    expect(context.length).toBe(second.length)
    expect([...logits]).toEqual([...model.predict(second)])
  })

  it('runs the last token again after branches or a score took the logits away', async () => {
    const model = new NgramModel(embeddedTokenizer, text)
    const context = new WarmContext(model.open())
    await context.score(Int32Array.from(first), 0)
    const before = model.work.tokens
    expect([...(await context.advance(Int32Array.from(first)))]).toEqual([...model.predict(first)])
    expect(model.work.tokens - before).toBe(1)
  })

  it.each([
    ['exact ones to whoever may have estimates', undefined, 0, 0],
    ['estimates to whoever may have as many', 0.5, 0.5, 0],
    ['no estimates to whoever wants more to be exact', 0, 0.5, 1],
    ['no estimates to whoever says nothing', 0, undefined, 1],
  ])('gives logits again, %s', async (_, first, second, cost) => {
    const model = new NgramModel(embeddedTokenizer, text)
    const context = new WarmContext(model.open())
    const tokens = Int32Array.of(10, 11, 12, 13)
    await context.advance(tokens, undefined, { exactWithin: first })
    const before = model.work.tokens
    await context.advance(tokens, undefined, { exactWithin: second })
    expect(model.work.tokens - before).toBe(cost)
  })

  it('holds what was finished when it is cancelled', async () => {
    const abort = new AbortController()
    let run = 0
    const model = new NgramModel(embeddedTokenizer, text, { beforeToken: () => ++run === 6 && abort.abort() })
    const context = new WarmContext(model.open())
    await context.advance(Int32Array.from(first))
    await expect(context.advance(Int32Array.of(10, 11, 30, 31, 32), abort.signal)).rejects.toThrow(CancelledError)
    expect(context.tokens).toEqual([10, 11, 30])
    expect(context.length).toBe(3)
    expect([...(await context.advance(Int32Array.of(10, 11, 30)))]).toEqual([...model.predict([10, 11, 30])])
  })
})
