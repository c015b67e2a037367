import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { openModelFolder } from '../../src/engine/openModel'
import type { ModelSpec } from '../../src/engine/protocol'
import { ContinuationWriter } from '../../src/language/continuationWriter'
import type { LanguageModel } from '../../src/language/languageModel'
import { scoreText } from '../../src/language/score'
import { WarmContext } from '../../src/language/warmContext'
import { root } from '../lib/project.mjs'
import type { Answer, Ask } from './recorder'

/** Whatever can be asked at a caret. */
export interface Contender {
  readonly name: string
  /** Differs when the answers may differ. */
  readonly fingerprint: string
  readonly contextLength: number
  /** Information in `text`; undefined where the contender gives no probability to every text. */
  readonly bits?: (text: string) => Promise<{ readonly bits: number; readonly bytes: number }>
  /** One document's questions, asked one after another. */
  open(): Ask & { dispose(): void }
  dispose(): void
}

/** A language model behind the product's own writer. */
export function contenderOf(name: string, fingerprint: string, model: LanguageModel): Contender {
  const writer = new ContinuationWriter(model)
  return {
    name,
    fingerprint,
    contextLength: model.contextLength,
    bits: async (text) => {
      const context = new WarmContext(model.open())
      try {
        return await scoreText(model, context, text, 0)
      } finally {
        context.dispose()
      }
    },
    open() {
      const context = new WarmContext(model.open())
      const ask: Ask = async (request) => {
        const words: [number, number][] = []
        const [first] = await writer.write(context, request, (candidate, text, joint) => {
          if (candidate === 0) words.push([text.length, round(joint)])
        })
        return first === undefined ? undefined : ({ text: first.text, firstWord: round(first.firstWord), words, finish: first.finish } satisfies Answer)
      }
      return Object.assign(ask, { dispose: () => context.dispose() })
    },
    dispose: () => model.dispose(),
  }
}

/** Any model that the library can load. */
export async function modelContender(spec: ModelSpec): Promise<Contender> {
  const model = await openModelFolder(spec, { onFraction: () => {}, onWarning: (warning) => process.stderr.write(`${warning.message}\n`) })
  const fingerprint = hashOf([...filesIn(spec.folder), ...filesIn(path.join(root, 'src/language'))], spec.precision)
  return contenderOf(spec.name ?? path.basename(spec.folder), fingerprint, model)
}

/** Of the files' contents; what a recording depends on is part of its name. */
export function hashOf(files: readonly string[], ...more: readonly string[]): string {
  const hash = createHash('sha256')
  for (const file of files) hash.update(path.basename(file)).update(readFileSync(file))
  for (const text of more) hash.update(text)
  return hash.digest('hex').slice(0, 16)
}

export function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file).isFile())
    .sort()
}

function round(probability: number): number {
  return Number(probability.toPrecision(5))
}
