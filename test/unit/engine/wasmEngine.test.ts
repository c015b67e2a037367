import path from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { EngineClient } from '../../../src/engine/client'
import type { ModelSpec } from '../../../src/engine/protocol'
import { slowestMs, useEngineChildren } from '../../support/engineChild'

const folder = path.join(__dirname, '../../../media/model')
const prompt = 'There was nothing to be done, and so they sat'

describe('the engine where ONNX Runtime has no native build', { timeout: slowestMs }, () => {
  const { engine: start } = useEngineChildren()
  const model: ModelSpec = { folder, precision: 'fp32', device: 'cpu', threads: 2, cacheFolder: undefined }
  const write = async (engine: EngineClient): Promise<readonly number[]> => {
    const { sequences } = await engine.call('generate', { model, prompt, maxNewTokens: 60, sequences: 1, sampling: { kind: 'greedy', repetitionPenalty: 1 }, stop: [] })
    return sequences[0]?.tokens ?? []
  }
  const score = async (engine: EngineClient): Promise<readonly (number | null)[]> => (await engine.call('score', { model, text: prompt, alternatives: 2 })).tokens.map(({ logprob }) => logprob)

  it('writes the words and scores the text that the native runtime does, and says that it is slow', async () => {
    const [native, wasm] = [start(), start({ INKLING_ONNX_RUNTIME: 'wasm' })]
    const warnings: string[] = []
    wasm.onWarning(({ error }) => warnings.push(error.code))
    const words = await write(native)
    expect(words).toHaveLength(60)
    expect(await write(wasm)).toEqual(words)
    const expected = await score(native)
    const actual = await score(wasm)
    expect(actual).toHaveLength(expected.length)
    for (const [i, value] of actual.entries()) expect(value ?? 0).toBeCloseTo(expected[i] ?? 0, 3)
    expect((await native.call('load', { model })).description).toMatchObject({ device: 'cpu', precision: 'fp32' })
    expect((await wasm.call('load', { model })).description).toMatchObject({ device: 'wasm', precision: 'fp32' })
    expect(warnings).toEqual(['runtime-slow'])
  })

  it('takes fp32 for what would be slower quantized', async () => {
    const loaded = await start({ INKLING_ONNX_RUNTIME: 'wasm' }).call('load', { model: { ...model, precision: 'int8' } })
    expect(loaded.description).toMatchObject({ device: 'wasm', precision: 'fp32' })
  })
})

describe('WebAssembly with quantized weights', { timeout: slowestMs }, () => {
  afterEach(() => {
    vi.unstubAllEnvs()
    vi.resetModules()
  })

  /** The likeliest words, in this process. */
  async function write(runtime: 'native' | 'wasm', precision: 'int8' | 'int4', count: number): Promise<{ device: string; ids: readonly number[] }> {
    vi.stubEnv('INKLING_ONNX_RUNTIME', runtime)
    vi.resetModules()
    const { openGpt2 } = await import('../../../src/engine/onnx/openGpt2')
    const { readTokenizer } = await import('../../../src/engine/modelFolder')
    const tokenizer = await readTokenizer(folder)
    const model = await openGpt2({ folder, tokenizer, precision, device: 'cpu', threads: 2, cacheFolder: undefined })
    const context = model.open()
    const ids: number[] = []
    let tokens = Int32Array.from(tokenizer.encode(prompt))
    while (ids.length < count) {
      const logits = await context.extend(tokens)
      ids.push(logits.indexOf(Math.max(...logits)))
      tokens = Int32Array.of(ids.at(-1) ?? 0)
    }
    context.dispose()
    model.dispose()
    return { device: model.description.device, ids }
  }

  // The native kernels round the activations to 8 bits too, so that farther on two close words may change places.
  it.each([['int8', 12], ['int4', 8]] as const)('writes in %s the words that the native runtime writes', async (precision, count) => {
    const native = await write('native', precision, count)
    const wasm = await write('wasm', precision, count)
    expect([native.device, wasm.device]).toEqual(['cpu', 'wasm'])
    expect(wasm.ids).toEqual(native.ids)
  })
})
