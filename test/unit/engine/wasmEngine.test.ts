import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { EngineClient } from '../../../src/engine/client'
import type { ModelSpec } from '../../../src/engine/protocol'
import { useEngineChild } from '../../support/engineChild'

const prompt = 'There was nothing to be done, and so they sat'

describe('the engine where ONNX Runtime has no native build', () => {
  const start = useEngineChild()
  const spec = (precision: ModelSpec['precision']): ModelSpec => ({ folder: path.join(__dirname, '../../../media/model'), precision, device: 'cpu', threads: 2, cacheFolder: undefined })
  const write = async (engine: EngineClient, precision: ModelSpec['precision'], maxNewTokens: number): Promise<readonly number[]> => {
    const { sequences } = await engine.call('generate', { model: spec(precision), prompt, maxNewTokens, sequences: 1, sampling: { kind: 'greedy', repetitionPenalty: 1 }, stop: [] })
    return sequences[0]?.tokens ?? []
  }

  // In 8 and 4 bits the native kernels round the activations too, so that far on two close words may change places.
  it.each([['fp32', 60], ['int8', 12], ['int4', 8]] as const)('writes in %s the words that the native runtime writes', async (precision, count) => {
    const native = start()
    const wasm = start({ INKLING_ONNX_RUNTIME: 'wasm' })
    const expected = await write(native, precision, count)
    expect(expected).toHaveLength(count)
    expect(await write(wasm, precision, count)).toEqual(expected)
    expect((await native.call('load', { model: spec(precision) })).description.device).toBe('cpu')
    expect((await wasm.call('load', { model: spec(precision) })).description.device).toBe('wasm')
  })

  it('scores as the native runtime does', async () => {
    const scores = async (engine: EngineClient): Promise<readonly (number | null)[]> => (await engine.call('score', { model: spec('fp32'), text: prompt, alternatives: 2 })).tokens.map(({ logprob }) => logprob)
    const expected = await scores(start())
    const actual = await scores(start({ INKLING_ONNX_RUNTIME: 'wasm' }))
    expect(actual).toHaveLength(expected.length)
    for (const [i, value] of actual.entries()) expect(value ?? 0).toBeCloseTo(expected[i] ?? 0, 3)
  })
})
