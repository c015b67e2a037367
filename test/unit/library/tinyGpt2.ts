import { parseGpt2Config } from '../../../src/gpt2/config'
import { tensorShapes } from '../../../src/gpt2/weights'
import { content } from './server'

/** The files of a whole GPT-2, only very small: one layer, and a token for each byte. */
export function tinyGpt2(): Readonly<Record<'config.json' | 'tokenizer.json' | 'model.safetensors', Buffer>> {
  const config = JSON.stringify({ model_type: 'gpt2', n_layer: 1, n_head: 2, n_embd: 64, n_positions: 64, vocab_size: 256 })
  const header: Record<string, { dtype: string; shape: readonly number[]; data_offsets: [number, number] }> = {}
  let end = 0
  for (const [name, shape] of tensorShapes(parseGpt2Config(config, 'config.json'))) {
    const begin = end
    end += 4 * shape.reduce((product, size) => product * size, 1)
    header[name] = { dtype: 'F32', shape, data_offsets: [begin, end] }
  }
  const json = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  const vocab = Object.fromEntries(Array.from({ length: 256 }, (_, id) => [String.fromCodePoint(0x100 + id), id]))
  return {
    'config.json': Buffer.from(config),
    'tokenizer.json': Buffer.from(JSON.stringify({ model: { type: 'BPE', vocab, merges: [] }, pre_tokenizer: { type: 'ByteLevel' }, added_tokens: [] })),
    'model.safetensors': Buffer.concat([length, json, content(end)]),
  }
}
