import { readFileSync } from 'node:fs'
import path from 'node:path'
import { openGpt2 } from '../../../src/engine/onnx/openGpt2'
import type { Precision } from '../../../src/gpt2/weightFormat'
import type { LanguageModel, TokenScore } from '../../../src/language/languageModel'
import type { Tokenizer } from '../../../src/language/tokenizer'

/** What make.py wrote beside a model. */
export interface Expected {
  readonly prompt: readonly number[]
  /** 64 tokens after the prompt. */
  readonly greedy: readonly number[]
  readonly logits: readonly { readonly position: number; readonly values: readonly number[] }[]
  /** Of every token of the prompt but the first. */
  readonly scores: readonly TokenScore[]
}

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

export function openReference(name: string, precision: Precision, cacheFolder?: string): Promise<LanguageModel> {
  const vocabulary = readExpected(name).logits[0]?.values.length ?? 0
  return openGpt2({ folder: modelFolder(name), tokenizer: idsOnly(vocabulary), precision, device: 'cpu', threads: 1, cacheFolder })
}

export function argmax(values: ArrayLike<number>): number {
  let best = 0
  for (let i = 1; i < values.length; i++) if ((values[i] ?? 0) > (values[best] ?? 0)) best = i
  return best
}

/** Largest difference, as a share of the largest expected magnitude. */
export function relativeError(actual: ArrayLike<number>, expected: readonly number[]): number {
  const scale = Math.max(...expected.map(Math.abs))
  return Math.max(...expected.map((value, i) => Math.abs((actual[i] ?? NaN) - value))) / scale
}

/** Kullback–Leibler divergence of softmax(actual) from softmax(expected), in nats. */
export function divergence(expected: readonly number[], actual: ArrayLike<number>): number {
  const p = logSoftmax(expected)
  const q = logSoftmax(Array.from(actual))
  return p.reduce((sum, logprob, i) => sum + Math.exp(logprob) * (logprob - (q[i] ?? NaN)), 0)
}

function logSoftmax(logits: readonly number[]): readonly number[] {
  const largest = Math.max(...logits)
  const logSum = largest + Math.log(logits.reduce((sum, value) => sum + Math.exp(value - largest), 0))
  return logits.map((value) => value - logSum)
}
