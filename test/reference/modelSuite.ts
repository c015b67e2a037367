import { expect, it } from 'vitest'
import type { Context, LanguageModel } from '../../src/language/languageModel'
import { argmax, divergence, relativeError, type Expected } from './numbers'

/** Ways to run the same tokens; each must give what one go gives. */
const ways: Readonly<Record<string, (context: Context, tokens: Int32Array) => Promise<Float32Array>>> = {
  'in one go': (context, tokens) => context.extend(tokens),
  'token by token': async (context, tokens) => {
    for (const token of tokens.subarray(0, -1)) await context.extend(Int32Array.of(token))
    return context.extend(tokens.subarray(-1))
  },
  'in pieces': async (context, tokens) => {
    await context.extend(tokens.subarray(0, 7))
    await context.extend(tokens.subarray(7, 9))
    return context.extend(tokens.subarray(9))
  },
  'after another text was taken back': async (context, tokens) => {
    await context.extend(tokens.subarray(0, 10))
    await context.extend(tokens.subarray(3))
    context.truncate(6)
    await context.extend(tokens.subarray(0, 2))
    context.truncate(6)
    return context.extend(tokens.subarray(6))
  },
  'after everything was taken back': async (context, tokens) => {
    await context.extend(tokens.subarray(2))
    context.truncate(0)
    return context.extend(tokens)
  },
}

/** The tests that a model must pass whatever it is and however it is run. @param open a model in float32 */
export function itAnswersAsPyTorch(open: () => Promise<LanguageModel>, expected: Expected): void {
  const prompt = Int32Array.from(expected.prompt)

  it('answers with the logits of PyTorch', async () => {
    const model = await open()
    const context = model.open()
    for (const { position, values } of expected.logits) {
      context.truncate(0)
      expect(relativeError(await context.extend(prompt.subarray(0, position + 1)), values)).toBeLessThan(1e-4)
    }
    model.dispose()
  })

  it.each(Object.entries(ways))('writes the 64 tokens of PyTorch when the prompt runs %s', async (_, run) => {
    const model = await open()
    const context = model.open()
    const written = []
    let logits = await run(context, prompt)
    while (written.length < expected.greedy.length) {
      const token = argmax(logits)
      written.push(token)
      logits = await context.extend(Int32Array.of(token))
    }
    expect(written).toEqual(expected.greedy)
    expect(context.length).toBe(prompt.length + written.length)
    model.dispose()
  })

  it('answers from a warm cache as from a fresh one', async () => {
    const model = await open()
    const [warm, fresh] = [model.open(), model.open()]
    await warm.extend(prompt)
    for (const kept of [prompt.length - 1, 5, 1]) {
      warm.truncate(kept)
      const tail = Int32Array.of(7, 8, 9)
      fresh.truncate(0)
      const text = Int32Array.from([...prompt.subarray(0, kept), ...tail])
      expect(relativeError(await warm.extend(tail), [...(await fresh.extend(text))])).toBeLessThan(1e-5)
      warm.truncate(kept)
      await warm.extend(prompt.subarray(kept))
    }
    model.dispose()
  })

  it('tells what follows each of several tokens as what follows each by itself', async ({ skip }) => {
    const model = await open()
    const [several, single] = [model.open(), model.open()]
    if (several.extendEach === undefined) return skip('it takes tokens one at a time')
    await several.extend(prompt.subarray(0, 3))
    await single.extend(prompt.subarray(0, 3))
    const tokens = prompt.subarray(3, 11)
    const rows = await several.extendEach(tokens)
    const width = rows.length / tokens.length
    for (const [i, token] of tokens.entries()) {
      const alone = await single.extend(Int32Array.of(token))
      expect(alone).toHaveLength(width)
      expect(relativeError(rows.subarray(i * width, (i + 1) * width), [...alone])).toBeLessThan(1e-5)
    }
    expect(several.length).toBe(11)
    model.dispose()
  })

  it('writes the same in branches, whatever grows beside them', async () => {
    const model = await open()
    const context = model.open()
    const first = argmax(await context.extend(prompt))
    const branches = context.fork(3)
    // Branch 1 follows the reference; 0 and 2 grow elsewhere, 2 rests after five tokens and 0 now and then.
    const written = [first]
    while (written.length < expected.greedy.length) {
      const growing = written.length <= 5 ? [2, 1, 0] : written.length % 3 === 0 ? [1] : [0, 1]
      const tokens = growing.map((branch) => (branch === 1 ? written.at(-1) ?? 0 : (7 * written.length + branch) % 90))
      const logits = await branches.extend(growing, Int32Array.from(tokens))
      written.push(argmax(logits[growing.indexOf(1)] ?? []))
    }
    expect(written).toEqual(expected.greedy)

    branches.dispose()
    expect(context.length).toBe(prompt.length)
    expect(argmax(await context.extend(Int32Array.of(first)))).toBe(expected.greedy[1])
    model.dispose()
  })

  it.each([
    ['an empty context, in one go', [0]],
    ['a context that holds the first tokens', [5]],
    ['a context that was taken back', [9, 4]],
    ['a context that was emptied', [9, 0]],
  ])('scores tokens as log_softmax does, from %s', async (_, lengths) => {
    const model = await open()
    const context = model.open()
    let held = 0
    for (const length of lengths) {
      if (length > held) await context.extend(prompt.subarray(held, length))
      else context.truncate(length)
      held = length
    }
    const actual = await context.score(prompt.subarray(held), 3)
    expect(context.length).toBe(prompt.length)
    if (held === 0) expect(actual[0]).toEqual({ id: prompt[0], logprob: null, rank: null, entropy: null, alternatives: [] })
    const predicted = held === 0 ? actual.slice(1) : actual
    const reference = expected.scores.slice(expected.scores.length - predicted.length)
    expect(predicted.map(({ id, rank }) => ({ id, rank }))).toEqual(reference.map(({ id, rank }) => ({ id, rank })))
    expect(predicted.map((score) => score.alternatives.map(({ id }) => id))).toEqual(reference.map((score) => score.alternatives.map(({ id }) => id)))
    for (const [i, score] of predicted.entries()) {
      expect(score.logprob).toBeCloseTo(reference[i]?.logprob ?? NaN, 3)
      expect(score.entropy).toBeCloseTo(reference[i]?.entropy ?? NaN, 3)
      for (const [k, { logprob }] of score.alternatives.entries()) expect(logprob).toBeCloseTo(reference[i]?.alternatives[k]?.logprob ?? NaN, 3)
    }
    model.dispose()
  })
}

/** How far a model with quantized weights is from PyTorch, in nats on average. */
export async function meanDivergence(model: LanguageModel, { prompt, logits }: Expected): Promise<number> {
  const context = model.open()
  let sum = 0
  for (const { position, values } of logits) {
    context.truncate(0)
    sum += divergence(values, await context.extend(Int32Array.from(prompt).subarray(0, position + 1)))
  }
  return sum / logits.length
}
