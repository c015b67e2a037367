import { readFileSync } from 'node:fs'
import path from 'node:path'
import { openModelFolder } from '../../../src/engine/openModel'
import type { Precision } from '../../../src/gpt2/weightFormat'
import type { LanguageModel, TokenScore } from '../../../src/language/languageModel'

/** What make.py wrote beside a model. */
export interface Expected {
  /** `prompt` are its ids without what stands before every text. */
  readonly text: string
  readonly prompt: readonly number[]
  /** 64 tokens after the prompt. */
  readonly greedy: readonly number[]
  /** After the token of the prompt at that place. */
  readonly logits: readonly { readonly position: number; readonly values: readonly number[] }[]
  /** Of every token of the prompt but the first. */
  readonly scores: readonly TokenScore[]
  readonly tokenizer: readonly { readonly text: string; readonly ids: readonly number[] }[]
}

export const exportNames = ['llama', 'qwen2', 'gpt-neox', 'gpt2-merged', 'gpt2-no-cache'] as const

export function exportFolder(name: string): string {
  return path.join(__dirname, 'models', name)
}

export function readExpected(name: string): Expected {
  // Written by our own script: its shape is known.
  return JSON.parse(readFileSync(path.join(exportFolder(name), 'expected.json'), 'utf8')) as Expected
}

export function openExport(folder: string, precision: Precision = 'fp32'): Promise<LanguageModel> {
  const spec = { folder, precision, device: 'cpu', threads: 1, cacheFolder: undefined } as const
  return openModelFolder(spec, { onFraction: () => {}, onWarning: () => {} })
}
