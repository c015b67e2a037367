/**
 * llama.cpp through node-llama-cpp (its prebuilt for this machine): `node llamaCpp.mjs FILE.gguf THREADS REPEATS`.
 * At its best: no GPU layers, the given threads for prompts and tokens alike, batches of 512, one generator for a run of tokens.
 */
import { statSync } from 'node:fs'
import { measure, peakMb, tokens } from './measure.mjs'

const [file = '', threads = '2', repeats = '9'] = process.argv.slice(2)
const began = performance.now()
const { getLlama } = await import('node-llama-cpp')
const llama = await getLlama({ gpu: false, build: 'never', logLevel: 'error', maxThreads: Number(threads) })
const model = await llama.loadModel({ modelPath: file })
const context = await model.createContext({ contextSize: 1024, batchSize: 512, threads: Number(threads) })
const loadMs = performance.now() - began
const sequence = context.getSequence()

/** @param {number[]} ids @param {number} count */
async function evaluate(ids, count) {
  let last = 0
  let made = 0
  for await (const token of sequence.evaluate(/** @type {any} */ (ids), { temperature: 0, yieldEogToken: true })) {
    last = token
    if (++made >= count) break
  }
  return last
}

const engine = {
  /** @param {number[]} ids */
  feed: (ids) => evaluate(ids, 1),
  /** @param {number} token @param {number} count */
  generate: (token, count) => evaluate([token], count),
  /** @param {number} n */
  keep: async (n) => {
    if (sequence.nextTokenIndex > n) await sequence.eraseContextTokenRanges([{ start: n, end: sequence.nextTokenIndex }])
  },
}
await engine.feed(tokens(16))
const firstTokenMs = performance.now() - began
console.log('first token')
if (repeats !== '0') console.log(JSON.stringify({ loadMs, firstTokenMs, ...(await measure(engine, Number(repeats))), peakMb: peakMb(), diskMb: statSync(file).size / 1e6 }))
process.exit(0)
