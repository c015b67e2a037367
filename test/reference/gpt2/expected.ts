import { readFileSync } from 'node:fs'
import path from 'node:path'
import { openGpt2 } from '../../../src/engine/onnx/openGpt2'
import type { Precision } from '../../../src/gpt2/weightFormat'
import type { LanguageModel } from '../../../src/language/languageModel'
import type { Tokenizer } from '../../../src/language/tokenizer'
import type { Expected } from '../numbers'

export const modelNames = ['one-head', 'untied-bare', 'inverse-relu', 'unscaled', 'blocks-32', 'blocks-128'] as const

export function modelFolder(name: string): string {
  return path.join(__dirname, 'models', name)
}

export function readExpected(name: string): Expected {
  // Written by our own script: its shape is known.
  return JSON.parse(readFileSync(path.join(modelFolder(name), 'expected.json'), 'utf8')) as Expected
}

/** These tests speak in ids; only the size of the vocabulary counts. */
export function idsOnly(vocabularySize: number): Tokenizer {
  const refuse = (): never => { throw new Error('There is no text in this test') }
  return { vocabularySize, endOfText: 0, encode: refuse, decode: refuse, isSpecial: refuse, bytes: refuse }
}

export function openReference(name: string, precision: Precision, cacheFolder?: string, decoder?: string): Promise<LanguageModel> {
  const vocabulary = readExpected(name).logits[0]?.values.length ?? 0
  return openGpt2({ folder: modelFolder(name), tokenizer: idsOnly(vocabulary), precision, device: 'cpu', threads: 1, cacheFolder, decoder })
}
