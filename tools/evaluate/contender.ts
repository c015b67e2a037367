import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { readTokenizer } from '../../src/engine/modelFolder'
import { builtIn, folderOpener } from '../../src/engine/openModel'
import type { ModelSpec } from '../../src/engine/protocol'
import { ContinuationWriter } from '../../src/language/continuationWriter'
import { DocumentTokens, longestMatch } from '../../src/language/documentTokens'
import { blendedProbability, blendOf } from '../../src/language/expectation'
import type { LanguageModel } from '../../src/language/languageModel'
import { scoreText, type TextScore } from '../../src/language/score'
import { WarmContext } from '../../src/language/warmContext'
import { root } from '../lib/project.mjs'
import { LookupModel } from './lookupModel'
import { NgramModel } from './ngramModel'
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
}

/** What answers depend on beside the model. */
const sources = [...filesIn(path.join(root, 'src/language')), ...['context.ts', 'background.ts'].map((name) => path.join(root, 'src/completion', name))]

/** What else than its weights decides what a model says in the editor. */
export interface Manner {
  /** Whether the document's own names and terms count. */
  readonly document: boolean
}

/** A language model behind the product's own writer. */
export function contenderOf(name: string, fingerprint: string, model: LanguageModel, manner: Manner): Contender {
  const writer = new ContinuationWriter(model, { now: () => 0 })
  return {
    name,
    fingerprint,
    contextLength: model.contextLength,
    bits: async (text) => {
      const context = new WarmContext(model.open())
      try {
        const score = await scoreText(model, context, text, 0)
        return manner.document ? { bits: bitsBesideDocument(score), bytes: score.bytes } : score
      } finally {
        context.dispose()
      }
    },
    open() {
      const context = new WarmContext(model.open())
      const ask: Ask = async ({ background, ...request }) => {
        const words: [number, number][] = []
        const asked = manner.document && background !== undefined ? { ...request, background } : request
        const [first] = await writer.write(context, asked, (candidate, text, joint) => {
          if (candidate === 0) words.push([text.length, round(joint)])
        })
        return first === undefined ? undefined : ({ text: first.text, firstWord: round(first.firstWord), words, finish: first.finish } satisfies Answer)
      }
      return Object.assign(ask, { dispose: () => context.dispose() })
    },
  }
}

/** What is to be beaten: words that stand in the document already, and plain counts of the training corpus. */
export async function baselines(embeddedModel: string, ngramFolder: string): Promise<readonly Contender[]> {
  const lookup = new LookupModel(await readTokenizer(embeddedModel))
  const counting = contenderOf('Prompt lookup alone', hashOf([path.join(embeddedModel, 'tokenizer.json'), ...sources]) + '-lookup', lookup, { document: false })
  const found: Contender[] = [{
    name: counting.name,
    fingerprint: counting.fingerprint,
    contextLength: counting.contextLength,
    open() {
      const ask = counting.open()
      const reading: Ask = (request) => {
        lookup.read(`${request.background ?? ''}${request.prompt}`)
        return ask(request)
      }
      return Object.assign(reading, { dispose: () => ask.dispose() })
    },
  }]
  const counts = path.join(ngramFolder, 'counts.gz')
  if (existsSync(counts)) {
    const ngrams = new NgramModel(await readTokenizer(ngramFolder), counts)
    found.push(contenderOf(`n-grams, ${(statSync(counts).size / 1e6).toFixed(1)} MB`, hashOf([...filesIn(ngramFolder), ...sources]) + '-ngram', ngrams, { document: false }))
  }
  return found
}

/** The bits of a scored text when what stands before each token in it counts, too. */
function bitsBesideDocument({ tokens }: TextScore): number {
  const document = new DocumentTokens()
  const ids = Int32Array.from(tokens, ({ id }) => id)
  return tokens.reduce((bits, { id, logprob }, at) => {
    if (logprob === null) return bits
    document.hold(ids.subarray(0, at))
    return bits - Math.log2(blendedProbability(blendOf(document.followers(document.tail(longestMatch))), id, Math.exp(logprob)))
  }, 0)
}

export interface ModelContenders {
  /** As the editor asks it. */
  readonly whole: Contender
  /** Without what the document itself says. */
  readonly alone: Contender
  dispose(): void
}

/** Any model that the library can load. */
export async function modelContenders(spec: ModelSpec): Promise<ModelContenders> {
  const model = await folderOpener(builtIn(path.join(root, 'dist')))(spec, { onFraction: () => {}, onWarning: (warning) => process.stderr.write(`${warning.message}\n`) })
  const modelFiles = filesIn(spec.folder).filter((file) => !file.endsWith('.md'))
  const fingerprint = hashOf([...modelFiles, ...sources], spec.precision)
  const name = spec.name ?? path.basename(spec.folder)
  return {
    whole: contenderOf(name, fingerprint, model, { document: true }),
    alone: contenderOf(`${name}, the document not counted`, `${fingerprint}-alone`, model, { document: false }),
    dispose: () => model.dispose(),
  }
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
