import { readFileSync } from 'node:fs'
import path from 'node:path'
import { folderOpener } from '../../../src/engine/openModel'
import type { Precision } from '../../../src/gpt2/weightFormat'
import type { LanguageModel } from '../../../src/language/languageModel'
import type { Expected } from '../numbers'

/** What make.py wrote beside a model; `prompt` are the ids of `text` without what stands before every text. */
export interface ExpectedExport extends Expected {
  readonly text: string
  readonly tokenizer: readonly { readonly text: string; readonly ids: readonly number[] }[]
}

export const exportNames = ['llama', 'qwen2', 'gpt-neox', 'gpt2-merged', 'gpt2-no-cache'] as const

export function exportFolder(name: string): string {
  return path.join(__dirname, 'models', name)
}

export function readExpected(name: string): ExpectedExport {
  // Written by our own script: its shape is known.
  return JSON.parse(readFileSync(path.join(exportFolder(name), 'expected.json'), 'utf8')) as ExpectedExport
}

export function openExport(folder: string, precision: Precision = 'fp32'): Promise<LanguageModel> {
  const spec = { folder, precision, device: 'cpu', threads: 1, cacheFolder: undefined } as const
  return folderOpener({})(spec, { onFraction: () => {}, onWarning: () => {} })
}
