import { InklingError } from '../base/errors'
import type { ByteSource } from './byteSource'
import type { Gpt2Config } from './config'
import { isPacked, packedRows, readPacked, type PackedRows } from './packedRows'
import { Safetensors } from './safetensors'

/**
 * The weights of a GPT-2 model under Hugging Face's names without the prefix `transformer.`: `wte.weight`,
 * `h.0.attn.c_attn.weight`, … Matrices of layers are [in, out] (Conv1D), embeddings and head [vocabulary, width].
 */
export interface Gpt2Weights {
  /** Rows `from` to `to` (by default all) of a tensor of `tensorShapes`: [to - from, …], float32. */
  read(name: string, from?: number, to?: number): Promise<Float32Array>
  /** The same as they are stored, where they are packed in 8 bits. */
  packed(name: string, from?: number, to?: number): Promise<PackedRows | undefined>
}

/** Every tensor that a model of this configuration has, with its dimensions. Other tensors of the file are not looked at. */
export function tensorShapes(config: Gpt2Config): ReadonlyMap<string, readonly number[]> {
  const { layers, width, inner, vocabulary, positions } = config
  const shapes = new Map<string, readonly number[]>([
    ['wte.weight', [vocabulary, width]],
    ['wpe.weight', [positions, width]],
    ['ln_f.weight', [width]],
    ['ln_f.bias', [width]],
  ])
  for (let layer = 0; layer < layers; layer++) {
    const set = (name: string, ...shape: number[]): unknown => shapes.set(`h.${layer}.${name}`, shape)
    set('ln_1.weight', width)
    set('ln_1.bias', width)
    set('attn.c_attn.weight', width, 3 * width)
    set('attn.c_attn.bias', 3 * width)
    set('attn.c_proj.weight', width, width)
    set('attn.c_proj.bias', width)
    set('ln_2.weight', width)
    set('ln_2.bias', width)
    set('mlp.c_fc.weight', width, inner)
    set('mlp.c_fc.bias', inner)
    set('mlp.c_proj.weight', inner, width)
    set('mlp.c_proj.bias', width)
  }
  if (!config.tiedHead) shapes.set('lm_head.weight', [vocabulary, width])
  return shapes
}

/**
 * Opens model.safetensors and checks that all tensors are there in the shapes that the configuration asks for.
 * @throws InklingError `model-file-broken`, `model-tensor-missing`, `model-tensor-shape`
 */
export async function openGpt2Weights(source: ByteSource, config: Gpt2Config): Promise<Gpt2Weights> {
  const file = await Safetensors.open(source)
  // GPT2LMHeadModel saves with the prefix, GPT2Model (and the first GPT-2 files) without; the head never has one.
  const prefix = file.has('transformer.wte.weight') ? 'transformer.' : ''
  const stored = (name: string): string => (name === 'lm_head.weight' ? name : prefix + name)
  const shapes = tensorShapes(config)
  for (const [name, expected] of shapes) {
    const shape = file.shape(stored(name))
    if (!shape) throw InklingError.of('model-tensor-missing', { tensor: name })
    if (shape.length !== expected.length || shape.some((size, axis) => size !== expected[axis])) {
      throw InklingError.of('model-tensor-shape', { tensor: name, shape: display(shape), expected: display(expected) })
    }
  }
  const rowsOf = (name: string): number => shapes.get(name)?.[0] ?? 0
  return {
    read: (name, from = 0, to = rowsOf(name)) => (isPacked(file, stored(name)) ? packedRows(file, stored(name), from, to) : file.rows(stored(name), from, to)),
    packed: async (name, from = 0, to = rowsOf(name)) => (isPacked(file, stored(name)) ? readPacked(file, stored(name), from, to) : undefined),
  }
}

function display(shape: readonly number[]): string {
  return `[${shape.slice(0, 8).join(', ')}${shape.length > 8 ? ', …' : ''}]`
}
