import { copyFileSync, mkdirSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { InklingError } from '../../../../src/base/errors'
import { openGpt2, type Gpt2Options } from '../../../../src/engine/onnx/openGpt2'
import { idsOnly, modelFolder } from '../../../reference/gpt2/expected'
import { temporaryFolders } from './temporaryFolder'

const newFolder = temporaryFolders()
const original = modelFolder('untied-bare')

function options(folder: string, more: Partial<Gpt2Options> = {}): Gpt2Options {
  return { folder, tokenizer: idsOnly(97), precision: 'int8', device: 'cpu', threads: 1, cacheFolder: undefined, ...more }
}

function copyOf(folder: string): string {
  const copy = newFolder()
  for (const name of ['config.json', 'model.safetensors']) copyFileSync(path.join(folder, name), path.join(copy, name))
  return copy
}

async function answer(more: Partial<Gpt2Options> = {}, folder = original): Promise<readonly number[]> {
  const model = await openGpt2(options(folder, more))
  const logits = [...(await model.open().extend(Int32Array.of(1, 2, 3)))]
  model.dispose()
  return logits
}

describe('opening a GPT-2', () => {
  it('gives the same model from memory, from a new cache and from a warm one', async () => {
    const cacheFolder = path.join(newFolder(), 'graphs')
    const stages: string[] = []
    const onProgress = (fraction: number, stage: string): unknown => stages.push(`${stage} ${fraction === 1 ? 'done' : ''}`)
    const fromMemory = await answer()
    expect(await answer({ cacheFolder, onProgress })).toEqual(fromMemory)
    expect(stages).toContain('converting done')
    stages.length = 0
    expect(await answer({ cacheFolder, onProgress })).toEqual(fromMemory)
    expect(stages).not.toContain('converting done')
    expect(stages.at(-1)).toBe('starting done')
  })

  it('describes what it opened', async () => {
    const model = await openGpt2(options(original))
    expect(model.description).toEqual({ name: 'untied-bare', architecture: 'gpt2', parameters: 16_948, precision: 'int8', device: 'cpu' })
    expect(model.contextLength).toBe(96)
    model.dispose()
  })

  it('makes a graph anew that looks whole and cannot be started', async () => {
    const cacheFolder = newFolder()
    const expected = await answer({ cacheFolder })
    const key = readdirSync(cacheFolder).find((name) => !name.endsWith('.json')) ?? ''
    const entry = path.join(cacheFolder, key)
    // The right seal on the wrong content: as after a change of the runtime.
    const { sha256 } = await import('../../../../src/engine/onnx/weightsHash')
    const nonsense = new Uint8Array(100)
    writeFileSync(path.join(entry, 'model.onnx'), nonsense)
    writeFileSync(path.join(entry, 'seal.json'), JSON.stringify({ model: sha256(nonsense), weightsSize: statSync(path.join(entry, 'weights.bin')).size }))
    expect(await answer({ cacheFolder })).toEqual(expected)
    expect(statSync(path.join(entry, 'model.onnx')).size).toBeGreaterThan(1000)
  })

  it('keeps graphs of different weights, configurations and precisions apart', async () => {
    const cacheFolder = newFolder()
    const other = copyOf(original)
    writeFileSync(path.join(other, 'config.json'), JSON.stringify({ model_type: 'gpt2', n_layer: 2, n_head: 2, n_embd: 24, n_inner: 50, vocab_size: 97, n_positions: 96, activation_function: 'gelu', tie_word_embeddings: false }))
    await answer({ cacheFolder })
    await answer({ cacheFolder, precision: 'fp32' })
    await answer({ cacheFolder }, other)
    expect(readdirSync(cacheFolder).filter((name) => !name.endsWith('.json'))).toHaveLength(3)
  })

  it.each<[string, (folder: string) => void, Partial<InklingError>]>([
    ['is not there', () => {}, { code: 'model-file-missing', facts: { folder: expect.any(String) as string, files: 'config.json' } }],
    ['has no weights', (folder) => copyFileSync(path.join(original, 'config.json'), path.join(folder, 'config.json')), { code: 'model-file-missing', facts: { folder: expect.any(String) as string, files: 'model.safetensors' } }],
    ['has a folder where the weights should be', (folder) => { copyFileSync(path.join(original, 'config.json'), path.join(folder, 'config.json')); mkdirSync(path.join(folder, 'model.safetensors')) }, { code: 'file-unreadable' }],
    ['has truncated weights', (folder) => { for (const name of ['config.json', 'model.safetensors']) copyFileSync(path.join(original, name), path.join(folder, name)); truncateSync(path.join(folder, 'model.safetensors'), 30_000) }, { code: 'model-file-broken' }],
    ['has a configuration of another model', (folder) => { for (const name of ['config.json', 'model.safetensors']) copyFileSync(path.join(original, name), path.join(folder, name)); writeFileSync(path.join(folder, 'config.json'), '{"model_type":"gpt2"}') }, { code: 'model-tensor-shape' }],
  ])('refuses a folder that %s', async (_, prepare, expected) => {
    const folder = newFolder()
    prepare(folder)
    await expect(openGpt2(options(folder, { tokenizer: idsOnly(expected.code === 'model-tensor-shape' ? 50257 : 97) }))).rejects.toMatchObject(expected)
  })

  it.each([
    ['fewer tokens than the tokenizer', 98],
    ['many more tokens than the tokenizer', 97 - 1024],
  ])('refuses a model with %s', async (_, tokens) => {
    await expect(openGpt2(options(original, { tokenizer: idsOnly(tokens) }))).rejects.toMatchObject({ code: 'tokenizer-mismatch', facts: { tokens, vocabulary: 97 } })
  })

  it('stops when it is no longer wanted, and leaves no half graph', async () => {
    const cacheFolder = newFolder()
    const controller = new AbortController()
    const onProgress = (_: number, stage: string): void => { if (stage === 'converting') controller.abort() }
    await expect(openGpt2(options(original, { cacheFolder, onProgress, signal: controller.signal }))).rejects.toMatchObject({ name: 'CancelledError' })
    expect(readdirSync(cacheFolder).filter((name) => !name.endsWith('.json'))).toEqual([])
  })

  it('falls back to the processor and says so where the device is not there', async () => {
    const warnings: InklingError[] = []
    const missing = process.platform === 'darwin' ? 'directml' : 'coreml'
    const model = await openGpt2(options(original, { device: missing, onWarning: (warning) => warnings.push(warning) }))
    expect(model.description.device).toBe('cpu')
    expect(warnings.map(({ code, facts }) => [code, facts['device']])).toEqual([['device-unavailable', missing]])
    model.dispose()
  })
})
