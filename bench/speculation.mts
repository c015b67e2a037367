/**
 * npm run bench:speculation [-- --model DIR] [--precision fp32|int8|int4] [--tokens N]
 *
 * What drafting from the text itself gives, on three kinds of text: how many drafted tokens were right, and how much
 * faster one long continuation is written, greedily and by drawing, than without it. Both are measured in turn.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { readTokenizer } from '../src/engine/modelFolder'
import { buildDecoder } from '../kernels/build.mjs'
import { decoderFile } from './gpt2/peers.mjs'
import { openGpt2 } from '../src/engine/onnx/openGpt2'
import type { Precision } from '../src/gpt2/weightFormat'
import { generate, type Generation } from '../src/language/generate'
import type { Sampling } from '../src/language/sampling'
import { WarmContext } from '../src/language/warmContext'
import { root } from '../tools/lib/project.mjs'
import { aligned } from './gpt2/report.mjs'
import { median } from './lib/statistics'

const { values: options } = parseArgs({ options: { model: { type: 'string', default: path.join(root, 'media/model') }, precision: { type: 'string', default: 'fp32' }, tokens: { type: 'string', default: '160' } } })
const precision = options.precision as Precision
const repeats = 3

/** Ends of texts of the repository, a few hundred tokens each. */
const texts: readonly (readonly [string, string])[] = [
  ['a letter', read('sample/letter.md')],
  ['documentation', read('docs/models.md').slice(0, 3000)],
  ['a changing list', Array.from({ length: 14 }, (_, i) => `- Chapter ${i + 1}: what the reader should know before the next chapter, and where to find it.\n`).join('')],
]
const samplings: Readonly<Record<string, Sampling>> = {
  greedy: { kind: 'greedy', repetitionPenalty: 1 },
  drawn: { kind: 'sample', temperature: 0.8, topK: 50, topP: 0.95, repetitionPenalty: 1, seed: 1 },
}

await buildDecoder()
const model = await openGpt2({ folder: options.model, tokenizer: await readTokenizer(options.model), precision, device: 'cpu', threads: undefined, cacheFolder: undefined, decoder: decoderFile })
const lines: string[][] = []
for (const [name, prompt] of texts) {
  for (const [way, sampling] of Object.entries(samplings)) {
    const rates: Record<'with' | 'without', number[]> = { with: [], without: [] }
    let last: Generation | undefined
    let isSame = true
    for (let i = 0; i < repeats; i++) {
      for (const speculate of [true, false]) {
        let began = 0
        const generation = await generate(model, new WarmContext(model.open()), { prompt, maxNewTokens: Number(options.tokens), sequences: 1, sampling, stop: [], speculate }, { prefilled: () => (began = performance.now()) })
        rates[speculate ? 'with' : 'without'].push((1000 * (generation.sequences[0]?.tokens.length ?? 0)) / (performance.now() - began))
        if (speculate) last = generation
        else isSame &&= String(generation.sequences[0]?.tokens) === String(last?.sequences[0]?.tokens)
      }
    }
    const { drafted = 0, right = 0 } = last?.drafts ?? {}
    const [fast, slow] = [median(rates.with), median(rates.without)]
    lines.push([name, way, String(last?.sequences[0]?.tokens.length), String(drafted), drafted === 0 ? '–' : `${((100 * right) / drafted).toFixed(0)} %`, slow.toFixed(0), fast.toFixed(0), (fast / slow).toFixed(2), isSame ? 'yes' : 'no'])
  }
}
console.log(`${model.description.name}, ${precision}; tokens per second without and with drafts\n`)
console.log(aligned([['text', 'way', 'tokens', 'drafted', 'right', 'without', 'with', 'ratio', 'same text'], ...lines]))

function read(file: string): string {
  return readFileSync(path.join(root, file), 'utf8')
}
