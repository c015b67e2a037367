import { describe, expect, it } from 'vitest'
import type { Context } from '../../../src/language/languageModel'
import { argmax, divergence, modelNames, openReference, readExpected, relativeError } from './expected'

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
}

describe.each(modelNames)('the model %s', (name) => {
  const expected = readExpected(name)
  const prompt = Int32Array.from(expected.prompt)

  it('answers with the logits of PyTorch in fp32', async () => {
    const model = await openReference(name, 'fp32')
    const context = model.open()
    for (const { position, values } of expected.logits) {
      context.truncate(0)
      const logits = await context.extend(prompt.subarray(0, position + 1))
      expect(relativeError(logits, values)).toBeLessThan(1e-4)
    }
    model.dispose()
  })

  it.each(Object.entries(ways))('writes the 64 tokens of PyTorch when the prompt runs %s', async (_, run) => {
    const model = await openReference(name, 'fp32')
    const context = model.open()
    const written = []
    let logits = await run(context, prompt)
    while (written.length < expected.greedy.length) {
      const token = argmax(logits)
      written.push(token)
      logits = await context.extend(Int32Array.of(token))
    }
    expect(written).toEqual(expected.greedy)
    model.dispose()
  })

  // Random weights are the worst case for quantization: nothing in them is redundant.
  it.each([['int8', 0.02]] as const)('stays near PyTorch in %s: less than %f nats', async (precision, most) => {
    const model = await openReference(name, precision)
    const context = model.open()
    for (const { position, values } of expected.logits) {
      context.truncate(0)
      expect(divergence(values, await context.extend(prompt.subarray(0, position + 1)))).toBeLessThan(most)
    }
    model.dispose()
  })
})
