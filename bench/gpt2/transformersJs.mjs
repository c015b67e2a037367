/**
 * transformers.js on an ONNX export of Optimum's: `node transformersJs.mjs FOLDER {fp32,q8} THREADS REPEATS`, FOLDER holding
 * `model/`. Decoding goes through `generate`, as its users do it; a keystroke through the model itself with the cache kept,
 * which is the best that it offers. It cannot take tokens back from a cache, so that runs the prompt anew.
 */
import path from 'node:path'
import { statSync } from 'node:fs'
import { decodeByDifference, peakMb, timeEach, tokens } from './measure.mjs'

const [folder = '', dtype = 'q8', threads = '2', repeats = '9'] = process.argv.slice(2)
const began = performance.now()
const { AutoModelForCausalLM, Tensor, env } = await import('@xenova/transformers')
env.allowRemoteModels = false
env.localModelPath = folder
const model = await AutoModelForCausalLM.from_pretrained('model', { dtype: /** @type {any} */ (dtype), session_options: { intraOpNumThreads: Number(threads), interOpNumThreads: 1 } })
const loadMs = performance.now() - began

/** @param {readonly number[]} ids */
const asTensor = (ids) => new Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length])
/** @param {number} count */
const ones = (count) => new Tensor('int64', new BigInt64Array(count).fill(1n), [1, count])
/** @param {readonly number[]} ids @param {number} count */
const generate = (ids, count) => model.generate(/** @type {any} */ ({ inputs: asTensor(ids), attention_mask: ones(ids.length), max_new_tokens: count, do_sample: false, eos_token_id: null }))

const ids = tokens(1024)
await generate(ids.slice(0, 16), 1)
const firstTokenMs = performance.now() - began
console.log('first token')
if (repeats !== '0') console.log(JSON.stringify(await figures(Number(repeats))))
process.exit(0)

/** @param {number} repeats */
async function figures(repeats) {
  const few = Math.ceil(repeats / 2)
  const decode = (/** @type {number} */ length) => decodeByDifference((start, count) => generate(ids.slice(0, start), count), length, few)
  const decoded = { decode64: await decode(64), decode512: await decode(512), decode1000: await decode(1000) }
  const prefill512Ms = await timeEach(few, () => generate(ids.slice(0, 512), 1))
  /** @type {Record<string, any>} */
  const outputs = await model(/** @type {any} */ ({ input_ids: asTensor(ids.slice(0, 512)), attention_mask: ones(512) }))
  const past = Object.fromEntries(Object.entries(outputs).filter(([name]) => name.startsWith('present')).map(([name, value]) => [name.replace('present', 'past_key_values'), value]))
  const keyMs = await timeEach(repeats, (i) => model(/** @type {any} */ ({ input_ids: asTensor([ids[i] ?? 0]), attention_mask: ones(513), past_key_values: past })))
  const keyBackMs = await timeEach(few, () => generate(ids.slice(0, 513), 1))
  const score512Ms = await timeEach(few, () => model(/** @type {any} */ ({ input_ids: asTensor(ids.slice(0, 512)), attention_mask: ones(512) })))
  const file = path.join(folder, 'model/onnx', dtype === 'q8' ? 'model_quantized.onnx' : 'model.onnx')
  return { loadMs, firstTokenMs, ...decoded, prefill512Ms, keyMs, keyBackMs, score512Ms, peakMb: peakMb(), diskMb: statSync(file).size / 1e6 }
}
