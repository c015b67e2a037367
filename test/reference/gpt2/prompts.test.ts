import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { largestExactWeight } from '../../../src/engine/onnx/exactProducts'
import { openGpt2 } from '../../../src/engine/onnx/openGpt2'
import { onnxRuntime } from '../../../src/engine/onnx/runtime'
import type { Context, LanguageModel } from '../../../src/language/languageModel'
import { writeRandomGpt2 } from '../../support/randomGpt2'
import { idsOnly } from './expected'

/** Wide enough for a graph of its own for prompts. The weights are drawn: what is compared are two ways to run them. */
const config = { n_embd: 512, n_head: 8, n_layer: 3, n_positions: 320, vocab_size: 300 }
const folder = mkdtempSync(path.join(tmpdir(), 'inkling-prompts-'))
afterAll(() => rmSync(folder, { recursive: true }))
writeRandomGpt2(folder, config)

const ids = Int32Array.from({ length: 300 }, (_, i) => (i * 7919) % config.vocab_size)
const largest = await largestExactWeight(await onnxRuntime())

async function open(precision: 'fp32' | 'int8'): Promise<LanguageModel> {
  return openGpt2({ folder, tokenizer: idsOnly(config.vocab_size), precision, device: 'cpu', threads: 2, cacheFolder: path.join(folder, 'graphs') })
}

/** Logits behind 300 tokens that came in pieces of a length. */
async function read(context: Context, piece: number): Promise<Float32Array> {
  context.truncate(0)
  let logits = new Float32Array()
  for (let from = 0; from < ids.length; from += piece) logits = (await context.extend(ids.subarray(from, from + piece))).slice()
  return logits
}

describe.runIf(largest !== undefined)('the graph for prompts', () => {
  it('lies in the cache beside that for everything, over one file of weights', async () => {
    ;(await open('int8')).dispose()
    const entries = readdirSync(path.join(folder, 'graphs'), { recursive: true }).map(String)
    expect(entries.filter((name) => name.endsWith('prompts.onnx'))).toHaveLength(1)
    expect(entries.filter((name) => name.endsWith('weights.bin'))).toHaveLength(1)
  })

  it('gives what 32 bits give, as nearly as blocks of 8 bits do', async () => {
    const [exactly, int8] = [await open('fp32'), await open('int8')]
    const expected = await read(exactly.open(), 300)
    // Tokens one at a time never come through the graph for prompts.
    const blocks = distance(await read(int8.open(), 1), expected)
    const prompts = distance(await read(int8.open(), 300), expected)
    expect(blocks).toBeGreaterThan(0)
    expect(prompts).toBeGreaterThan(0)
    expect(prompts).not.toBe(blocks)
    expect(prompts).toBeLessThan(2.5 * blocks)
    expect(prompts).toBeLessThan(0.05)
    exactly.dispose()
    int8.dispose()
  })

  it('gives the same however a prompt is cut up', async () => {
    const model = await open('int8')
    const whole = await read(model.open(), 300)
    for (const piece of [150, 100, 60]) expect(distance(await read(model.open(), piece), whole)).toBeLessThan(0.03)
    model.dispose()
  })

  it('goes on after tokens were taken back', async () => {
    const model = await open('int8')
    const context = model.open()
    const first = (await context.extend(ids)).slice()
    context.truncate(40)
    expect(distance(await context.extend(ids.subarray(40)), first)).toBeLessThan(0.03)
    model.dispose()
  })
})

/** Root mean square of the difference, in the standard deviations of what is expected. */
function distance(logits: Float32Array, expected: Float32Array): number {
  const mean = expected.reduce((sum, value) => sum + value, 0) / expected.length
  const squares = (values: Float32Array, from: (i: number) => number): number => values.reduce((sum, value, i) => sum + (value - from(i)) ** 2, 0)
  return Math.sqrt(squares(logits, (i) => expected[i] ?? 0) / squares(expected, () => mean))
}
