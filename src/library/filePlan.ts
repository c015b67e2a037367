import type { Precision } from '../gpt2/weightFormat'
import { isSafePath } from './safePath'

/** How a model's weights lie: as GPT-2 tensors that Inkling makes its own graph from, or as a graph somebody exported. */
export type Layout = 'safetensors' | 'onnx'

export interface FilePlan<F> {
  readonly layout: Layout
  /** The file with the weights or the graph. */
  readonly modelFile: string
  readonly files: readonly F[]
}

/** Where files of a model lie, below its folder. */
export const modelFolders = ['', 'onnx/'] as const

const eightBits = ['model_quantized', 'decoder_model_merged_quantized', 'model_int8', 'model_uint8']
const fourBits = ['model_q4', 'model_bnb4']
const full = ['model', 'decoder_model_merged']
/** Processors compute in 32 bits all the same, and convert at every step. */
const half = ['model_fp16', 'model_q4f16']

/** Names of graphs as Optimum and transformers.js give them, the best for each wish first; 4 bits are nearer to 8 than four times the memory. */
const graphs: Readonly<Record<Precision, readonly string[]>> = {
  int8: [...eightBits, ...fourBits, ...full, ...half],
  int4: [...fourBits, ...eightBits, ...full, ...half],
  fp32: [...full, ...half, ...eightBits, ...fourBits],
}

/**
 * What the name of a graph says about its weights.
 * @param cacheType of its keys and values, which are halves where an export of no particular name is
 */
export function precisionOf(graph: string, cacheType: 'float32' | 'float16'): Precision | 'fp16' {
  const name = graph.slice(graph.lastIndexOf('/') + 1).replace(/\.onnx$/, '')
  if (eightBits.includes(name)) return 'int8'
  if (fourBits.includes(name) || name === 'model_q4f16') return 'int4'
  return half.includes(name) || cacheType === 'float16' ? 'fp16' : 'fp32'
}

const optional = ['tokenizer_config.json', 'special_tokens_map.json', 'added_tokens.json', 'generation_config.json', 'LICENSE', 'LICENSE.txt', 'LICENSE.md']

/**
 * Which of the listed files a model needs here; names that are not known are never taken, whatever they are.
 * @param modelType `model_type` of config.json, where it is known
 * @param precision which of several graphs is taken
 * @returns what is missing, as names of files, when the model cannot be used
 */
export function planFiles<F extends { readonly path: string }>(listed: readonly F[], modelType: string | undefined, precision: Precision): FilePlan<F> | { readonly missing: readonly string[] } {
  const byPath = new Map(listed.filter(({ path }) => isSafePath(path)).map((file) => [file.path, file]))
  const isGpt2 = modelType === 'gpt2' || (modelType === undefined && byPath.has('model.safetensors'))
  const graph = graphs[precision].flatMap((name) => [`onnx/${name}.onnx`, `${name}.onnx`]).find((path) => byPath.has(path))
  const modelFile = isGpt2 && byPath.has('model.safetensors') ? 'model.safetensors' : graph
  const tokenizer = byPath.has('tokenizer.json') ? ['tokenizer.json'] : ['vocab.json', 'merges.txt']

  const missing = ['config.json', ...tokenizer].filter((path) => !byPath.has(path))
  if (missing.includes('vocab.json') || missing.includes('merges.txt')) missing.push('tokenizer.json')
  if (modelFile === undefined) missing.push(isGpt2 ? 'model.safetensors' : 'onnx/model.onnx')
  if (missing.length > 0 || modelFile === undefined) return { missing }

  const external = modelFile.endsWith('.onnx') ? [...byPath.keys()].filter((path) => isExternalDataOf(path, modelFile)) : []
  const wanted = ['config.json', ...tokenizer, ...optional.filter((path) => byPath.has(path)), modelFile, ...external]
  return {
    layout: modelFile === 'model.safetensors' ? 'safetensors' : 'onnx',
    modelFile,
    files: wanted.flatMap((path) => byPath.get(path) ?? []),
  }
}

/** Exporters put weights beside a large graph as `model.onnx_data`, `model.onnx_data_1`, … or `model.onnx.data`. */
function isExternalDataOf(path: string, graph: string): boolean {
  return path.startsWith(graph) && /^(_data(_\d{1,3})?|\.data)$/.test(path.slice(graph.length))
}
