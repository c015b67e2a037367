import { describe, expect, it } from 'vitest'
import { formatBytes, formatCount, formatDuration } from '../../../src/library/format'
import type { Precision } from '../../../src/gpt2/weightFormat'
import { planFiles } from '../../../src/library/filePlan'
import { parseHubUrl } from '../../../src/library/address'
import { secondsLeft, SpeedMeter } from '../../../src/library/speedMeter'

describe('numbers for people', () => {
  it.each([[0, '0 bytes'], [999, '999 bytes'], [1000, '1.0 KB'], [9949, '9.9 KB'], [548_105_171, '548 MB'], [999_600_000, '1.0 GB'], [3.1e9, '3.1 GB'], [5e12, '5.0 TB']])('%d bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text)
  })
  it.each([[124_439_808, '124 M'], [1_557_611_200, '1.6 B'], [3_480_000, '3 M'], [12_000, '12 K'], [999_600_000, '1.0 B']])('%d weights are %s', (count, text) => {
    expect(formatCount(count)).toBe(text)
  })
  it.each([[0.2, '1 s'], [59.4, '59 s'], [59.6, '1 min'], [200, '3 min'], [3600, '1 h 0 min'], [7500, '2 h 5 min']])('%d seconds are %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text)
  })
})

describe('the speed of a download', () => {
  it.each<[string, [number, number][], number | undefined]>([
    ['is unknown at first', [[0, 0]], undefined],
    ['is unknown within the first second', [[0, 0], [900, 500]], undefined],
    ['is that since the start', [[0, 0], [1000, 500], [2000, 3000]], 1500],
    ['forgets what was long ago', [[0, 0], [1000, 100_000], [6000, 100_000], [11_000, 105_000]], 1000],
    ['does not count what was there before', [[0, 700_000], [2000, 702_000]], 1000],
    ['begins again when the file does', [[0, 0], [1000, 5000], [2000, 0], [4000, 1000]], 500],
    ['is nothing when nothing comes', [[0, 10], [8000, 10]], 0],
  ])('%s', (_, samples, expected) => {
    const meter = new SpeedMeter(5000)
    for (const [atMs, bytes] of samples) meter.add(atMs, bytes)
    expect(meter.bytesPerSecond(samples.at(-1)?.[0] ?? 0)).toBe(expected)
  })

  it.each([[1000, 100, 10], [1000, 0, undefined], [1000, undefined, undefined], [0, 100, 0]])('tells for %d bytes at %s a second: %s s left', (left, speed, expected) => {
    expect(secondsLeft(left, speed)).toBe(expected)
  })
})

describe('the files that are taken', () => {
  const plan = (paths: readonly string[], modelType?: string, precision: Precision = 'int8'): unknown => {
    const result = planFiles(paths.map((path) => ({ path })), modelType, precision)
    return 'missing' in result ? { missing: result.missing } : result.files.map(({ path }) => path)
  }
  const tokenizer = ['config.json', 'tokenizer.json']
  it.each<[string, string[], string | undefined, unknown]>([
    ['GPT-2 by its weights, though there are graphs', [...tokenizer, 'model.safetensors', 'onnx/model.onnx', 'tf_model.h5'], 'gpt2', [...tokenizer, 'model.safetensors']],
    ['GPT-2 with the older tokenizer', ['config.json', 'vocab.json', 'merges.txt', 'model.safetensors'], 'gpt2', ['config.json', 'vocab.json', 'merges.txt', 'model.safetensors']],
    ['GPT-2 by a graph where there are no weights', [...tokenizer, 'onnx/decoder_model_merged.onnx'], 'gpt2', [...tokenizer, 'onnx/decoder_model_merged.onnx']],
    ['another architecture by its 8-bit graph', [...tokenizer, 'model.safetensors', 'onnx/model.onnx', 'onnx/model_q4.onnx', 'onnx/model_quantized.onnx'], 'llama', [...tokenizer, 'onnx/model_quantized.onnx']],
    ['a graph with all of its weights and no other’s', [...tokenizer, 'onnx/model_q4.onnx', 'onnx/model_q4.onnx_data', 'onnx/model_q4.onnx_data_1', 'onnx/model_q4.onnx_data_x', 'onnx/model_q4f16.onnx_data'], 'qwen2', [...tokenizer, 'onnx/model_q4.onnx', 'onnx/model_q4.onnx_data', 'onnx/model_q4.onnx_data_1']],
    ['no weights in pieces', [...tokenizer, 'model-00001-of-00002.safetensors'], 'gpt2', { missing: ['model.safetensors'] }],
    ['no other architecture by its weights', [...tokenizer, 'model.safetensors'], 'llama', { missing: ['onnx/model.onnx'] }],
  ])('%s', (_, paths, modelType, expected) => {
    expect(plan(paths, modelType)).toEqual(expected)
  })

  it.each<[Precision, string[], string]>([
    ['int8', ['model', 'model_fp16', 'model_q4', 'model_quantized', 'model_int8'], 'model_quantized'],
    ['int8', ['model', 'model_fp16', 'model_q4', 'model_q4f16'], 'model_q4'],
    ['int8', ['decoder_model_merged', 'decoder_model_merged_quantized'], 'decoder_model_merged_quantized'],
    ['int4', ['model', 'model_q4f16', 'model_bnb4', 'model_q4', 'model_quantized'], 'model_q4'],
    ['int4', ['model', 'model_uint8'], 'model_uint8'],
    ['fp32', ['model_fp16', 'model', 'model_q4'], 'model'],
    ['fp32', ['model_quantized', 'model_fp16'], 'model_fp16'],
  ])('for %s of the graphs %j: %s', (precision, names, expected) => {
    expect(plan([...tokenizer, ...names.map((name) => `onnx/${name}.onnx`)], 'llama', precision)).toEqual([...tokenizer, `onnx/${expected}.onnx`])
  })
})

describe('the address of a mirror', () => {
  it.each([['https://hf.example', true], ['https://hf.example/path/', true], ['http://127.0.0.1:8080', true], ['http://localhost', true], ['http://[::1]:1', true]])('%s may be one', (text, expected) => {
    expect(parseHubUrl(text) !== undefined).toBe(expected)
  })
  it.each(['', 'hf.example', 'http://hf.example', 'http://127.0.0.1.evil.example', 'ftp://hf.example', 'file:///models', 'https://user:pass@hf.example', 'https://hf.example/?x=1', 'https://hf.example/#x', 'javascript:alert(1)'])('%s may not', (text) => {
    expect(parseHubUrl(text)).toBeUndefined()
  })
})
