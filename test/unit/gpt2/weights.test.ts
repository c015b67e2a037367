import { describe, expect, it } from 'vitest'
import { parseGpt2Config } from '../../../src/gpt2/config'
import { openGpt2Weights, tensorShapes } from '../../../src/gpt2/weights'
import { fileWith, MemorySource } from './safetensorsFile'

const config = parseGpt2Config('{"model_type":"gpt2","n_layer":1,"n_head":1,"n_embd":2,"vocab_size":3,"n_positions":4,"tie_word_embeddings":false}', 'config.json')

type Tensors = Parameters<typeof fileWith>[0]

function tensors(prefix: string): Record<string, Tensors[string]> {
  return Object.fromEntries([...tensorShapes(config)].map(([name, shape], index) => {
    const values = Array<number>(shape.reduce((a, b) => a * b, 1)).fill(index)
    return [name === 'lm_head.weight' ? name : prefix + name, { shape, values }]
  }))
}

function without(all: Tensors, name: string): Tensors {
  return Object.fromEntries(Object.entries(all).filter(([key]) => key !== name))
}

describe('the weights of a model', () => {
  it.each(['', 'transformer.'])('are found with the prefix “%s”', async (prefix) => {
    const weights = await openGpt2Weights(new MemorySource(fileWith(tensors(prefix))), config)
    const names = [...tensorShapes(config).keys()]
    for (const [index, name] of names.entries()) expect((await weights.read(name))[0]).toBe(index)
    expect(await weights.read('wte.weight', 1, 2)).toHaveLength(2)
  })

  it('may have tensors beside them that no one reads', async () => {
    const file = fileWith({ ...tensors(''), 'h.0.attn.bias': { shape: [1, 1, 4, 4], values: Array<number>(16).fill(NaN) } })
    await expect(openGpt2Weights(new MemorySource(file), config)).resolves.toBeDefined()
  })

  it.each([
    ['lacks a tensor', without(tensors(''), 'h.0.mlp.c_fc.bias'), { code: 'model-tensor-missing', facts: { tensor: 'h.0.mlp.c_fc.bias' } }],
    ['lacks the untied head', without(tensors(''), 'lm_head.weight'), { code: 'model-tensor-missing', facts: { tensor: 'lm_head.weight' } }],
    ['mixes prefixed and bare names', { ...tensors(''), 'transformer.wte.weight': { shape: [3, 2], values: [1, 2, 3, 4, 5, 6] } }, { code: 'model-tensor-missing' }],
    ['has another vocabulary', { ...tensors(''), 'wte.weight': { shape: [4, 2], values: Array<number>(8).fill(0) } }, { code: 'model-tensor-shape', facts: { tensor: 'wte.weight', shape: '[4, 2]', expected: '[3, 2]' } }],
    ['has a matrix the other way round', { ...tensors(''), 'h.0.mlp.c_fc.weight': { shape: [8, 2], values: Array<number>(16).fill(0) } }, { code: 'model-tensor-shape' }],
    ['has a dimension more', { ...tensors(''), 'ln_f.bias': { shape: [2, 1], values: [0, 0] } }, { code: 'model-tensor-shape' }],
    ['has nothing', {}, { code: 'model-tensor-missing' }],
  ])('are refused when the file %s', async (_, content, expected) => {
    await expect(openGpt2Weights(new MemorySource(fileWith(content)), config)).rejects.toMatchObject(expected)
  })
})
