import { describe, expect, it } from 'vitest'
import { decoderGraph } from '../../../src/library/decoderGraph'
import { withFile } from '../../../src/library/folderFile'
import { readOnnxSignature, type OnnxSignature, type TensorSignature } from '../../../src/library/onnxSignature'
import { exportFolder } from '../../reference/decoder/expected'

const open = undefined

function tensor(name: string, shape: TensorSignature['shape'], type: TensorSignature['type'] = 'float32'): TensorSignature {
  return { name, shape, type }
}

const ids = tensor('input_ids', [open, open], 'int64')
const logits = tensor('logits', [open, open, 50])
const past = [tensor('past_key_values.0.key', [open, 2, open, 8]), tensor('past_key_values.0.value', [open, 2, open, 8])]
const present = [tensor('present.0.key', [open, 2, open, 8]), tensor('present.0.value', [open, 2, open, 8])]
const good: OnnxSignature = { inputs: [ids, ...past], outputs: [logits, ...present] }

describe('the signature of a text-generation export', () => {
  it.each([
    ['llama/onnx/model.onnx', { vocabulary: 384, tensors: 4, heads: 2, headDim: 8, integers: ['input_ids', 'attention_mask', 'position_ids'], hasCacheBranch: false }],
    ['qwen2/onnx/model.onnx', { vocabulary: 400, tensors: 4, heads: 1, headDim: 8, integers: ['input_ids', 'attention_mask', 'position_ids'], hasCacheBranch: false }],
    ['gpt-neox/onnx/model_quantized.onnx', { vocabulary: 384, tensors: 4, heads: 4, headDim: 8, integers: ['input_ids', 'attention_mask', 'position_ids'], hasCacheBranch: false }],
    ['gpt2-merged/decoder_model_merged.onnx', { vocabulary: 384, tensors: 4, heads: 4, headDim: 8, integers: ['input_ids', 'attention_mask', 'position_ids'], hasCacheBranch: true }],
    ['gpt2-no-cache/model.onnx', { vocabulary: 384, tensors: 0, heads: undefined, headDim: undefined, integers: ['input_ids', 'attention_mask', 'position_ids'], hasCacheBranch: false }],
  ])('of %s says how to run it', async (file, expected) => {
    const graph = decoderGraph(await withFile(exportFolder(file), readOnnxSignature), open)
    if ('problems' in graph) throw new Error(graph.problems.join('; '))
    const { vocabulary, cache, integers, hasCacheBranch, batches } = graph
    expect({ vocabulary, tensors: cache.length, heads: cache[0]?.heads, headDim: cache[0]?.headDim, integers: [...integers.keys()], hasCacheBranch }).toEqual(expected)
    expect(batches).toBe(true)
  })

  it.each<[string, OnnxSignature, readonly string[]]>([
    ['nothing', { inputs: [], outputs: [] }, ['it has no input "input_ids"', 'it has no output "logits"']],
    ['ids that are no whole numbers', { ...good, inputs: [tensor('input_ids', [open, open])] }, ['its input "input_ids" is not of whole numbers']],
    ['another input', { ...good, inputs: [...good.inputs, tensor('pixel_values', [open, 3])] }, ['it wants inputs that are not known here: "pixel_values"']],
    ['many other inputs', { ...good, inputs: [ids, ...['a', 'b', 'c', 'd', 'e'].map((name) => tensor(name, [1]))] }, ['it wants inputs that are not known here: "a", "b", "c" and 2 more']],
    ['a recurrent state', { ...good, inputs: [...good.inputs, tensor('past_conv.0', [open, 4, 3])] }, ['it wants inputs that are not known here: "past_conv.0"']],
    ['keys that never come back', { ...good, outputs: [logits] }, ['it wants inputs that are not known here: "past_key_values.0.key", "past_key_values.0.value"']],
    ['keys of open width', { ...good, inputs: [ids, tensor('past_key_values.0.key', [open, open, open, open])] }, ['it wants inputs that are not known here: "past_key_values.0.key"']],
    ['keys of two types', { ...good, inputs: [ids, tensor('past_key_values.0.key', [open, 2, open, 8], 'float16')] }, ['its keys and values have several types']],
    ['logits of another form', { ...good, outputs: [tensor('logits', [open, 50]), ...present] }, ['its output "logits" has another form']],
    ['a vocabulary that nobody names', { ...good, outputs: [tensor('logits', [open, open, open]), ...present] }, ['neither its graph nor config.json says how many tokens it knows']],
    ['a vocabulary beyond reason', { ...good, outputs: [tensor('logits', [open, open, 2 ** 40]), ...present] }, ['neither its graph nor config.json says how many tokens it knows']],
  ])('with %s cannot be run', (_, signature, problems) => {
    expect(decoderGraph(signature, open)).toEqual({ problems })
  })

  it('takes the vocabulary of config.json where the graph leaves it open, and runs one text at a time where it cannot more', () => {
    const graph = decoderGraph({ inputs: [tensor('input_ids', [1, open], 'int32'), ...past], outputs: [tensor('logits', [1, open, open], 'float16'), ...present] }, 77)
    expect(graph).toMatchObject({ vocabulary: 77, batches: false, logitsType: 'float16', cacheType: 'float32' })
  })
})
