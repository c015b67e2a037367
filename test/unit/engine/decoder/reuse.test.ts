import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CancelledError } from '../../../../src/base/cancellation'
import type { CacheRows } from '../../../../src/engine/decoder/cacheRows'
import { DecoderContext } from '../../../../src/engine/decoder/decoderContext'
import { DecoderSession, type DecoderStep } from '../../../../src/engine/decoder/decoderSession'
import { findReuse } from '../../../../src/engine/decoder/findReuse'
import type { Reuse } from '../../../../src/engine/decoder/sequence'
import { createSession } from '../../../../src/engine/onnx/createSession'
import { onnxRuntime } from '../../../../src/engine/onnx/runtime'
import { readDecoderGraph } from '../../../../src/library/inspect'
import { exportFolder, readExpected, type exportNames } from '../../../reference/decoder/expected'
import { argmax } from '../../../reference/numbers'

const files: Readonly<Record<(typeof exportNames)[number], string>> = {
  llama: 'onnx/model.onnx', qwen2: 'onnx/model.onnx', 'gpt-neox': 'onnx/model_quantized.onnx', 'gpt2-merged': 'decoder_model_merged.onnx', 'gpt2-no-cache': 'model.onnx',
}

type Make<T> = new (...parts: ConstructorParameters<typeof DecoderSession>) => T

async function open<T extends DecoderSession>(name: (typeof exportNames)[number], make: Make<T>): Promise<T> {
  const ort = await onnxRuntime()
  const found = await readDecoderGraph(exportFolder(name), files[name], {})
  if ('problems' in found) throw new Error(found.problems.join('; '))
  const { session } = await createSession(ort, `${exportFolder(name)}/${files[name]}`, { device: 'cpu', threads: 1 })
  return new make(ort, session, found.graph)
}

/** An export whose answers are of another text where it goes on as `broken` says. */
abstract class BrokenSession extends DecoderSession {
  abstract broken(past: number, count: number): boolean

  override async run(step: DecoderStep, past: CacheRows, present: CacheRows): Promise<Float32Array> {
    const logits = await super.run(step, past, present)
    return this.broken(step.past, step.ids.length / step.batch) ? logits.map((_, i) => logits[(i * 7 + 3) % logits.length] ?? 0) : logits
  }
}

class BrokenChunks extends BrokenSession {
  override broken(past: number, count: number): boolean {
    return past > 0 && count > 1
  }
}

class BrokenCache extends BrokenSession {
  override broken(past: number): boolean {
    return past > 0
  }
}

describe('the cache of an export', () => {
  it.each<[(typeof exportNames)[number], Make<DecoderSession>, Reuse]>([
    ['llama', DecoderSession, 'chunks'],
    ['qwen2', DecoderSession, 'chunks'],
    ['gpt-neox', DecoderSession, 'chunks'],
    ['gpt2-merged', DecoderSession, 'chunks'],
    ['gpt2-no-cache', DecoderSession, 'none'],
    ['llama', BrokenChunks, 'tokens'],
    ['llama', BrokenCache, 'none'],
  ])('of %s in a %o is relied on for %s', async (name, make, expected) => {
    const session = await open(name, make)
    expect(await findReuse(session)).toBe(expected)
    session.dispose()
  })
})

describe.each<Reuse>(['chunks', 'tokens', 'none'])('a context that may reuse %s', (reuse) => {
  const expected = readExpected('llama')
  const prompt = Int32Array.from(expected.prompt)
  let session: DecoderSession
  const newContext = (positions = 100): DecoderContext => new DecoderContext(session, { positions, reuse, opening: Int32Array.of(1) })

  beforeAll(async () => {
    session = await open('llama', reuse === 'chunks' ? DecoderSession : reuse === 'tokens' ? BrokenChunks : BrokenCache)
  })
  afterAll(() => {
    session.dispose()
  })

  it('writes and scores as transformers does', async () => {
    const context = newContext()
    await context.extend(prompt.subarray(0, 5))
    const scores = await context.score(prompt.subarray(5), 3)
    const reference = expected.scores.slice(-scores.length)
    expect(scores.map(({ rank }) => rank)).toEqual(reference.map(({ rank }) => rank))
    scores.forEach(({ logprob }, i) => expect(logprob).toBeCloseTo(reference[i]?.logprob ?? NaN, 3))
    context.truncate(prompt.length - 1)
    let logits = await context.extend(prompt.subarray(-1))
    for (const token of expected.greedy.slice(0, 10)) {
      expect(argmax(logits)).toBe(token)
      logits = await context.extend(Int32Array.of(token))
    }
  })

  it('writes the same in branches of different length', async () => {
    const context = newContext()
    await context.extend(prompt)
    const branches = context.fork(2)
    for (const [i, token] of expected.greedy.slice(0, 8).entries()) {
      const both = i % 2 === 0
      const logits = await branches.extend(both ? [0, 1] : [1], both ? Int32Array.of(i, token) : Int32Array.of(token))
      expect(argmax(logits[both ? 1 : 0] ?? [])).toBe(expected.greedy[i + 1])
    }
    branches.dispose()
  })

  it('holds what was finished when it is cancelled', async () => {
    const context = newContext()
    await context.extend(prompt)
    const cancelled = AbortSignal.abort()
    await expect(context.extend(Int32Array.of(5), cancelled)).rejects.toThrow(CancelledError)
    await expect(context.score(Int32Array.of(5), 1, cancelled)).rejects.toThrow(CancelledError)
    expect(context.length).toBe(prompt.length)
    context.truncate(prompt.length - 1)
    expect(argmax(await context.extend(prompt.subarray(-1)))).toBe(expected.greedy[0])
  })

  it('takes as many tokens as there are positions, the one before every text included', async () => {
    const context = newContext(10)
    await context.extend(prompt.subarray(0, 9))
    await expect(context.extend(Int32Array.of(5))).rejects.toMatchObject({ code: 'context-full' })
    expect(() => context.fork(0)).toThrow(RangeError)
    await expect(context.fork(1).extend([0], Int32Array.of(5))).rejects.toMatchObject({ code: 'context-full' })
  })

  it('refuses tokens that the model does not have', async () => {
    await expect(newContext().extend(Int32Array.of(384))).rejects.toMatchObject({ code: 'tokenizer-mismatch' })
    await expect(newContext().extend(Int32Array.of(-1))).rejects.toMatchObject({ code: 'tokenizer-mismatch' })
  })
})
