import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseGpt2Config } from '../../src/gpt2/config'
import { tensorShapes } from '../../src/gpt2/weights'
import { seededRandom } from '../../src/language/random'

/** What config.json says. */
export interface RandomGpt2 {
  readonly n_embd: number
  readonly n_head: number
  readonly n_layer: number
  readonly n_inner?: number
  readonly n_positions: number
  readonly vocab_size: number
  readonly activation_function?: string
  readonly tie_word_embeddings?: boolean
  readonly scale_attn_by_inverse_layer_idx?: boolean
}

/** Writes a GPT-2 of drawn weights: for tests that compare two ways to run the same ones. @param spread standard deviation of matrices */
export function writeRandomGpt2(folder: string, config: RandomGpt2, spread = 0.05): void {
  const text = JSON.stringify({ model_type: 'gpt2', ...config })
  writeFileSync(path.join(folder, 'config.json'), text)
  const random = seededRandom(5)
  const header: Record<string, unknown> = {}
  const parts: Uint8Array[] = []
  let offset = 0
  for (const [name, shape] of tensorShapes(parseGpt2Config(text, 'config.json'))) {
    const values = new Float32Array(shape.reduce((product, size) => product * size, 1))
    const isNorm = /ln_.*weight$/.test(name)
    for (let i = 0; i < values.length; i++) values[i] = (isNorm ? 1 : 0) + spread * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, (offset += values.byteLength)] }
    parts.push(new Uint8Array(values.buffer))
  }
  const json = new TextEncoder().encode(JSON.stringify(header))
  const length = new Uint8Array(new BigUint64Array([BigInt(json.length)]).buffer)
  writeFileSync(path.join(folder, 'model.safetensors'), Buffer.concat([length, json, ...parts]))
}
