import type { InklingError } from '../base/errors'
import type { LanguageModel } from '../language/languageModel'
import { openDecoder } from './decoder/openDecoder'
import { readModelFolder } from './modelFolder'
import { openGpt2 } from './onnx/openGpt2'
import type { ModelSpec } from './protocol'

export interface OpeningListener {
  /** From 0 to 1. */
  readonly onFraction: (fraction: number) => void
  readonly onWarning: (warning: InklingError) => void
}

/**
 * Opens what a folder holds: GPT-2 weights as a graph of our own, an ONNX export of any decoder as it is.
 * @throws InklingError where the folder holds no model that can be run
 */
export async function openModelFolder(spec: ModelSpec, { onFraction, onWarning }: OpeningListener): Promise<LanguageModel> {
  const { plan, config, tokenizer, opening } = await readModelFolder(spec.folder, spec.precision)
  const run = {
    name: spec.name,
    // Nothing is measured yet that would speak for another device.
    device: spec.device === 'auto' ? 'cpu' : spec.device,
    threads: spec.threads === 0 ? undefined : spec.threads,
    onWarning,
  } as const
  if (plan.layout === 'onnx') return openDecoder({ folder: spec.folder, modelFile: plan.modelFile, config, tokenizer, opening }, { ...run, onProgress: onFraction })
  return openGpt2({
    ...run,
    folder: spec.folder,
    tokenizer,
    precision: spec.precision,
    cacheFolder: spec.cacheFolder,
    onProgress: (fraction, stage) => onFraction(stage === 'converting' ? fraction * 0.9 : stage === 'starting' ? 0.9 + fraction * 0.1 : 0),
  })
}
