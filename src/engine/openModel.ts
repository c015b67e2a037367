import { stat } from 'node:fs/promises'
import path from 'node:path'
import type { InklingError } from '../base/errors'
import type { LanguageModel } from '../language/languageModel'
import { openDecoder } from './decoder/openDecoder'
import type { OpenFolder } from './devices/openOnDevice'
import { readModelFolder } from './modelFolder'
import { openGpt2 } from './onnx/openGpt2'
import { hasNativeRuntime, onnxRuntime } from './onnx/runtime'
import type { ModelSpec } from './protocol'

export interface OpeningListener {
  /** From 0 to 1. */
  readonly onFraction: (fraction: number) => void
  readonly onWarning: (warning: InklingError) => void
}

/** What is built beside the engine. */
export interface BuiltFiles {
  /** Path of decoder.wasm (kernels/assembly/decoder); undefined runs GPT-2 as a graph alone. */
  readonly decoder?: string
  /** Folder of tokenizers that are quick to read. */
  readonly tokenizers?: string
}

/** @param folder of the bundles */
export function builtIn(folder: string): Required<BuiltFiles> {
  return { decoder: path.join(folder, 'decoder.wasm'), tokenizers: path.join(folder, 'tokenizers') }
}

/**
 * Opens what a folder holds: GPT-2 weights as a graph of our own, an ONNX export of any decoder as it is. Throws an
 * InklingError where it holds no model that can be run.
 */
export function folderOpener(built: BuiltFiles): OpenFolder {
  return (spec, listener) => openModelFolder(spec, listener, built)
}

async function openModelFolder(spec: ModelSpec, { onFraction, onWarning }: OpeningListener, { decoder, tokenizers }: BuiltFiles): Promise<LanguageModel> {
  const { plan, config, tokenizer, opening } = await readModelFolder(spec.folder, spec.precision, { shipped: tokenizers, cache: spec.cacheFolder })
  const run = {
    name: spec.name,
    device: spec.device === 'auto' ? 'cpu' : spec.device,
    threads: spec.threads === 0 ? undefined : spec.threads,
    onWarning,
  } as const
  if (plan.layout === 'onnx') return openDecoder({ folder: spec.folder, modelFile: plan.modelFile, config, tokenizer, opening }, { ...run, onProgress: onFraction })
  return openGpt2({
    ...run,
    folder: spec.folder,
    tokenizer,
    precision: await precisionHere(spec),
    decoder,
    cacheFolder: spec.cacheFolder,
    onProgress: (fraction, stage) => onFraction(stage === 'converting' ? fraction * 0.9 : stage === 'starting' ? 0.9 + fraction * 0.1 : 0),
  })
}

/** What fits into WebAssembly's 4 GiB beside the file that it is made from. */
const mostWasmBytes = 1 << 30

/** WebAssembly unpacks quantized weights anew for every token: there fp32 is four times as fast, where it fits (`npm run bench:devices`). */
async function precisionHere({ folder, precision }: ModelSpec): Promise<ModelSpec['precision']> {
  if (hasNativeRuntime() || (await onnxRuntime()).kind === 'native') return precision
  const { size } = await stat(path.join(folder, 'model.safetensors'))
  return size <= mostWasmBytes ? 'fp32' : precision
}
