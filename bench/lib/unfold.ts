/**
 * The embedded model in GPT-2's own shape: it says the same words at the price of 124M parameters.
 *
 * How fast suggestions come depends on how sure a model is: random weights are sure of nothing, so that nothing would be
 * shown, and the weights of GPT-2 do not come with this repository. Here the embedded model is unfolded instead. Every
 * channel stands there several times, which layer normalization does not see; each weight of a layer is shared out among
 * the copies; heads are copied; further layers add nothing to the stream but are computed all the same; further tokens
 * are never likely. What is computed and read from memory is what GPT-2 computes and reads.
 */
import { mkdirSync, openSync, writeSync, closeSync, renameSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { FileSource } from '../../src/engine/onnx/fileSource'
import { parseGpt2Config, type Gpt2Config } from '../../src/gpt2/config'
import { isPacked, packedRows } from '../../src/gpt2/packedRows'
import { Safetensors } from '../../src/gpt2/safetensors'
import { tensorShapes } from '../../src/gpt2/weights'

const gpt2 = { width: 768, layers: 12, context: 1024, vocabulary: 50_257 }

/** The logit of a token that the embedded model does not have. */
const never = -60

/** Makes the model in `target` unless it is there. @param source the embedded model's folder */
export async function unfold(source: string, target: string): Promise<void> {
  const weightsFile = path.join(target, 'model.safetensors')
  if (existsSync(weightsFile)) return
  mkdirSync(target, { recursive: true })
  const small = readFileSync(path.join(source, 'config.json'), 'utf8')
  const from = parseGpt2Config(small, 'config.json')
  const copies = Math.max(2, Math.round(gpt2.width / from.width))
  const large = {
    ...(JSON.parse(small) as Record<string, unknown>),
    n_embd: from.width * copies, n_head: from.heads * copies, n_layer: Math.max(gpt2.layers, from.layers), n_inner: from.inner * copies,
    n_positions: gpt2.context, n_ctx: gpt2.context, vocab_size: gpt2.vocabulary,
  }
  writeFileSync(path.join(target, 'config.json'), JSON.stringify(large, undefined, 2))
  writeFileSync(path.join(target, 'tokenizer.json'), fillVocabulary(readFileSync(path.join(source, 'tokenizer.json'), 'utf8')))
  const file = FileSource.open(path.join(source, 'model.safetensors'))
  try {
    const unfolding = new Unfolding(await Safetensors.open(file), from, copies)
    const shapes = tensorShapes(parseGpt2Config(JSON.stringify(large), 'config.json'))
    await write(`${weightsFile}.part`, shapes, (name, shape) => unfolding.tensor(name, shape))
    renameSync(`${weightsFile}.part`, weightsFile)
  } finally {
    file.close()
  }
}

/** The tokenizer with tokens that no text leads to. */
function fillVocabulary(json: string): string {
  const tokenizer = JSON.parse(json) as { model: { vocab: Record<string, number> } }
  const size = Object.keys(tokenizer.model.vocab).length
  for (let id = size; id < gpt2.vocabulary; id++) tokenizer.model.vocab[`<unused${id}>`] = id
  return JSON.stringify(tokenizer)
}

class Unfolding {
  constructor(
    private readonly weights: Safetensors,
    private readonly from: Gpt2Config,
    private readonly copies: number,
  ) {}

  /** @param shape of the tensor in the large model */
  async tensor(name: string, shape: readonly number[]): Promise<Float32Array> {
    const [, layer, rest = ''] = /^h\.(\d+)\.(.*)$/.exec(name) ?? []
    const { copies } = this
    if (name === 'wte.weight') return this.embeddings()
    if (name === 'wpe.weight') return this.positions(shape[0] ?? 0)
    if (name === 'ln_f.weight') return atHead(await this.read(name), copies)
    if (name === 'ln_f.bias') {
      const bias = atHead(await this.read(name), copies)
      bias[await this.switchChannel()] = 1
      return bias
    }
    if (layer === undefined) throw new Error(`It is not known how to unfold ${name}.`)
    const number = Number(layer)
    const values = await this.read(`h.${number % this.from.layers}.${rest}`)
    // A layer that writes nothing into the stream.
    if (number >= this.from.layers && rest.includes('c_proj')) return new Float32Array(shape.reduce((a, b) => a * b))
    const parts = rest.startsWith('attn.c_attn') ? 3 : 1
    if (shape.length === 1) return columns(values, parts, copies)
    return linear(values, (shape[0] ?? 0) / copies, parts, copies)
  }

  private async embeddings(): Promise<Float32Array> {
    const { width, vocabulary } = this.from
    const values = await this.read('wte.weight')
    const wide = new Float32Array(gpt2.vocabulary * width * this.copies)
    wide.set(repeatRows(values, width, this.copies))
    const off = await this.switchChannel()
    for (let id = vocabulary; id < gpt2.vocabulary; id++) wide[id * width * this.copies + off] = never
    return wide
  }

  private async positions(count: number): Promise<Float32Array> {
    const { width, positions } = this.from
    const values = await this.read('wpe.weight')
    const all = Float32Array.from({ length: count * width }, (_, i) => values[Math.min(Math.floor(i / width), positions - 1) * width + (i % width)] ?? 0)
    return repeatRows(all, width, this.copies)
  }

  /** The channel that tells tokens apart least: its last copy is 1 at the head, where only the unused tokens hear it. */
  private async switchChannel(): Promise<number> {
    const { width } = this.from
    const values = await this.read('wte.weight')
    const energy = new Float64Array(width)
    values.forEach((value, i) => (energy[i % width] = (energy[i % width] ?? 0) + value * value))
    return (this.copies - 1) * width + energy.indexOf(Math.min(...energy))
  }

  private async read(name: string): Promise<Float32Array> {
    const full = this.weights.has(name) ? name : `transformer.${name}`
    const rows = this.weights.shape(full)?.[0] ?? 0
    return isPacked(this.weights, full) ? packedRows(this.weights, full, 0, rows) : this.weights.rows(full, 0, rows)
  }
}

/** The final normalization: all copies but the last share the logits, the last is silent. @param values [width] */
function atHead(values: Float32Array, copies: number): Float32Array {
  const wide = new Float32Array(values.length * copies)
  for (let copy = 0; copy < copies - 1; copy++) wide.set(values.map((value) => value / (copies - 1)), copy * values.length)
  return wide
}

/** [rows, width] to [rows, copies · width] */
function repeatRows(values: Float32Array, width: number, copies: number): Float32Array {
  const rows = values.length / width
  const wide = new Float32Array(values.length * copies)
  for (let row = 0; row < rows; row++) wide.set(columns(values.subarray(row * width, (row + 1) * width), 1, copies), row * width * copies)
  return wide
}

/** A row of `parts` parts, each of which is repeated by itself (queries, keys and values stand side by side). */
function columns(values: Float32Array, parts: number, copies: number): Float32Array {
  const size = values.length / parts
  const wide = new Float32Array(values.length * copies)
  for (let part = 0; part < parts; part++) {
    for (let copy = 0; copy < copies; copy++) wide.set(values.subarray(part * size, (part + 1) * size), (part * copies + copy) * size)
  }
  return wide
}

/** [inputs, outputs] to [copies · inputs, copies · outputs]: the copies of an input share its weight. */
function linear(values: Float32Array, inputs: number, parts: number, copies: number): Float32Array {
  const outputs = values.length / inputs
  const wide = new Float32Array(values.length * copies * copies)
  for (let input = 0; input < inputs; input++) {
    const row = columns(values.subarray(input * outputs, (input + 1) * outputs), parts, copies).map((value) => value / copies)
    for (let copy = 0; copy < copies; copy++) wide.set(row, (copy * inputs + input) * outputs * copies)
  }
  return wide
}

/** safetensors: eight bytes with the length of a JSON header, the header, the tensors. */
async function write(file: string, shapes: ReadonlyMap<string, readonly number[]>, tensor: (name: string, shape: readonly number[]) => Promise<Float32Array>): Promise<void> {
  const header: Record<string, unknown> = {}
  let end = 0
  for (const [name, shape] of shapes) {
    const begin = end
    end += 4 * shape.reduce((a, b) => a * b)
    header[`transformer.${name}`] = { dtype: 'F32', shape, data_offsets: [begin, end] }
  }
  const text = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(text.length))
  const handle = openSync(file, 'w')
  try {
    writeSync(handle, length)
    writeSync(handle, text)
    for (const [name, shape] of shapes) {
      const values = await tensor(name, shape)
      writeSync(handle, new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    }
  } finally {
    closeSync(handle)
  }
}
