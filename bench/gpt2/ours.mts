/** Inkling's own engine, bundled as it ships: `node ours.mjs MODEL PRECISION THREADS REPEATS CACHE DECODER`. */
import { readTokenizer } from '../../src/engine/modelFolder'
import { openGpt2 } from '../../src/engine/onnx/openGpt2'
import type { Precision } from '../../src/gpt2/weightFormat'
import type { Exactness, LanguageModel } from '../../src/language/languageModel'
import { indexOfHighest } from '../../src/language/probabilities'
import { folderMb, measure, peakMb, timeEach, tokens } from './measure.mjs'

const [folder = '', precision = 'int8', threads = '0', repeats = '9', cacheFolder = '', decoder] = process.argv.slice(2)

const began = performance.now()
const model = await openGpt2({
  folder,
  tokenizer: await readTokenizer(folder, cacheFolder),
  precision: precision as Precision,
  device: 'cpu',
  threads: threads === '0' ? undefined : Number(threads),
  cacheFolder,
  decoder,
})
const loadMs = performance.now() - began
const vocabulary = model.tokenizer.vocabularySize - 1
/** What greedy text asks for: the highest logit. */
const greedy: Exactness = { exactWithin: 0 }
const context = model.open()
const engine = {
  feed: async (ids: number[]): Promise<number> => indexOfHighest(await context.extend(Int32Array.from(ids), undefined, greedy)),
  keep: async (n: number): Promise<void> => context.truncate(n),
  score: async (ids: number[]): Promise<unknown> => {
    context.truncate(0)
    return context.score(Int32Array.from(ids), 5)
  },
}
await engine.feed(tokens(16, vocabulary))
const firstTokenMs = performance.now() - began
console.log('first token')
if (repeats !== '0') {
  const figures = await measure(engine, Number(repeats), vocabulary)
  const candidates = await threeCandidates(model, Number(repeats))
  console.log(JSON.stringify({ loadMs, firstTokenMs, ...figures, ...candidates, peakMb: peakMb(), diskMb: folderMb(cacheFolder) }))
}
process.exit(0)

/** One step of three candidates over 512 shared tokens, against one step of one. */
async function threeCandidates(model: LanguageModel, repeats: number): Promise<{ candidates1Ms: number; candidates3Ms: number }> {
  const context = model.open()
  await context.extend(Int32Array.from(tokens(512, vocabulary)))
  const steps = async (count: number): Promise<number> => {
    const all = Array.from({ length: count }, (_, i) => i)
    const branches = context.fork(count)
    const took = await timeEach(2 * repeats, async (i) => {
      for (const logits of await branches.extend(all, Int32Array.from(all, (branch) => i + branch), undefined, greedy)) indexOfHighest(logits)
    })
    branches.dispose()
    return took
  }
  await steps(3)
  return { candidates1Ms: await steps(1), candidates3Ms: await steps(3) }
}
