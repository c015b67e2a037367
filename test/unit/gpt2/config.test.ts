import { describe, expect, it } from 'vitest'
import { attentionScale, parameterCount, parseGpt2Config } from '../../../src/gpt2/config'

const parse = (config: unknown): ReturnType<typeof parseGpt2Config> => parseGpt2Config(typeof config === 'string' ? config : JSON.stringify(config), '/m/config.json')
const gpt2 = { model_type: 'gpt2' }

describe('a GPT-2 configuration', () => {
  it('has the values of GPT-2 124M where the file says nothing', () => {
    const config = parse(gpt2)
    expect(config).toEqual({
      layers: 12, heads: 12, headDim: 64, width: 768, inner: 3072, vocabulary: 50257, positions: 1024,
      epsilon: 1e-5, activation: 'gelu-tanh', tiedHead: true, scaleAttention: true, scaleByInverseLayer: false,
    })
    expect(parameterCount(config)).toBe(124_439_808)
  })

  it.each([
    ['n_ctx where n_positions is missing', { n_ctx: 77 }, { positions: 77 }],
    ['null as missing', { n_inner: null, n_embd: 60 }, { inner: 240 }],
    ['the exact GELU', { activation_function: 'gelu' }, { activation: 'gelu' }],
    ['a head of its own', { tie_word_embeddings: false }, { tiedHead: false }],
    ['heads of an odd size', { n_embd: 33, n_head: 3 }, { headDim: 11 }],
  ])('takes %s', (_, more, expected) => {
    expect(parse({ ...gpt2, ...more })).toMatchObject(expected)
  })

  it('is known by its class where the type is missing', () => {
    expect(parse({ architectures: ['GPT2LMHeadModel'], n_layer: 3 }).layers).toBe(3)
  })

  it.each([
    [{}, 0, 1 / 8],
    [{}, 5, 1 / 8],
    [{ scale_attn_weights: false }, 5, 1],
    [{ scale_attn_by_inverse_layer_idx: true }, 3, 1 / 32],
  ])('%j scales the attention of layer %i by %f', (more, layer, scale) => {
    expect(attentionScale(parse({ ...gpt2, ...more }), layer)).toBe(scale)
  })

  it.each([
    ['no JSON', '{', 'model-file-broken', 'no JSON'],
    ['an array', [], 'model-file-broken', 'object'],
    ['null', 'null', 'model-file-broken', 'object'],
    ['more than a megabyte', ' '.repeat((1 << 20) + 1), 'model-file-broken', 'too long'],
    ['nesting without end', '['.repeat(500_000), 'model-file-broken', 'no JSON'],
    ['another architecture', { model_type: 'llama' }, 'model-unsupported', '"llama"'],
    ['no architecture', {}, 'model-unsupported', 'missing'],
    ['the type as __proto__', '{"__proto__":{"model_type":"gpt2"}}', 'model-unsupported', 'missing'],
    ['an architecture that is an object', { model_type: { toString: 'gpt2' } }, 'model-unsupported', 'toString'],
    ['a very long architecture', { model_type: 'x'.repeat(10_000) }, 'model-unsupported', '…'],
    ['cross attention', { ...gpt2, add_cross_attention: true }, 'model-unsupported', 'cross'],
    ['quantized weights', { ...gpt2, quantization_config: { bits: 4 } }, 'model-unsupported', 'quantized'],
    ['an unknown activation', { ...gpt2, activation_function: 'constructor' }, 'model-unsupported', 'constructor'],
    ['an activation that is a number', { ...gpt2, activation_function: 3 }, 'model-unsupported', '3'],
    ['no layers', { ...gpt2, n_layer: 0 }, 'model-file-broken', 'n_layer'],
    ['minus one head', { ...gpt2, n_head: -1 }, 'model-file-broken', 'n_head'],
    ['half a width', { ...gpt2, n_embd: 767.5 }, 'model-file-broken', 'n_embd'],
    ['a width as text', { ...gpt2, n_embd: '768' }, 'model-file-broken', 'n_embd'],
    ['1e300 tokens', { ...gpt2, vocab_size: 1e300 }, 'model-file-broken', 'vocab_size'],
    ['heads that do not divide the width', { ...gpt2, n_embd: 10, n_head: 3 }, 'model-file-broken', '3 heads'],
    ['an epsilon of zero', { ...gpt2, layer_norm_epsilon: 0 }, 'model-file-broken', 'layer_norm_epsilon'],
    ['an epsilon as text', { ...gpt2, layer_norm_epsilon: '1e-5' }, 'model-file-broken', 'layer_norm_epsilon'],
    ['a flag as text', { ...gpt2, tie_word_embeddings: 'no' }, 'model-file-broken', 'tie_word_embeddings'],
  ])('is refused with %s', (_, config, code, reason) => {
    let caught: unknown
    try {
      parse(config)
    } catch (error) {
      caught = error
    }
    expect(caught).toMatchObject({ code })
    expect(String(caught)).toContain(reason)
    if (code === 'model-file-broken') expect(String(caught)).toContain('/m/config.json')
  })
})
