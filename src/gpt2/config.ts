import { InklingError } from '../base/errors'
import { isIntegerIn, isRecord, own, type JsonRecord } from '../base/json'

/** The shape of a GPT-2 model, as its config.json states it. */
export interface Gpt2Config {
  readonly layers: number
  readonly heads: number
  readonly headDim: number
  /** Size of a hidden state: heads × headDim. */
  readonly width: number
  /** Size of the hidden layer of the MLP. */
  readonly inner: number
  readonly vocabulary: number
  /** The most positions, and so the most tokens of a context. */
  readonly positions: number
  readonly epsilon: number
  readonly activation: Activation
  /** Whether the head is the token embedding used once more. */
  readonly tiedHead: boolean
  readonly scaleAttention: boolean
  readonly scaleByInverseLayer: boolean
}

/** `gelu-tanh` is the approximation that GPT-2 was trained with (Hendrycks & Gimpel 2016, section 2). */
export type Activation = 'gelu-tanh' | 'gelu' | 'relu'

/** Hugging Face's names of the activations; several name one formula. */
const activations: ReadonlyMap<string, Activation> = new Map([
  ['gelu_new', 'gelu-tanh'],
  ['gelu_pytorch_tanh', 'gelu-tanh'],
  ['gelu_fast', 'gelu-tanh'],
  ['gelu', 'gelu'],
  ['gelu_python', 'gelu'],
  ['relu', 'relu'],
])

/** No GPT-2 configuration comes near; what is longer is not parsed. */
const longestConfig = 1 << 20

/**
 * Reads config.json. What it leaves out has the value that `GPT2Config` of Hugging Face's transformers gives it.
 * @param file its path, for messages
 * @throws InklingError `model-file-broken`, `model-unsupported`
 */
export function parseGpt2Config(text: string, file: string): Gpt2Config {
  const config = parseRecord(text, file)
  refuseOtherArchitectures(config)

  const integer = (key: string, max: number, fallback: number): number => {
    const value = own(config, key) ?? fallback
    if (!isIntegerIn(value, 1, max)) throw broken(file, `${key} is ${show(value)}, not a whole number from 1 to ${max}`)
    return value
  }
  const flag = (key: string, fallback: boolean): boolean => {
    const value = own(config, key) ?? fallback
    if (typeof value !== 'boolean') throw broken(file, `${key} is ${show(value)}, not true or false`)
    return value
  }

  const width = integer('n_embd', 1 << 17, 768)
  const heads = integer('n_head', 1 << 12, 12)
  if (width % heads !== 0) throw broken(file, `n_embd ${width} cannot be shared out among ${heads} heads`)
  return {
    layers: integer('n_layer', 1 << 12, 12),
    heads,
    headDim: width / heads,
    width,
    inner: integer('n_inner', 1 << 19, 4 * width),
    vocabulary: integer('vocab_size', 1 << 24, 50257),
    positions: integer('n_positions', 1 << 22, integer('n_ctx', 1 << 22, 1024)),
    epsilon: epsilonOf(config, file),
    activation: activationOf(config),
    tiedHead: flag('tie_word_embeddings', true),
    scaleAttention: flag('scale_attn_weights', true),
    scaleByInverseLayer: flag('scale_attn_by_inverse_layer_idx', false),
  }
}

/** What the dot products of queries and keys are multiplied with in `layer`. */
export function attentionScale(config: Gpt2Config, layer: number): number {
  const byHead = config.scaleAttention ? 1 / Math.sqrt(config.headDim) : 1
  return config.scaleByInverseLayer ? byHead / (layer + 1) : byHead
}

/** Number of weights. */
export function parameterCount({ layers, width, inner, vocabulary, positions, tiedHead }: Gpt2Config): number {
  const attention = width * 3 * width + 3 * width + width * width + width
  const mlp = width * inner + inner + inner * width + width
  const norms = 4 * width
  const embeddings = vocabulary * width * (tiedHead ? 1 : 2) + positions * width
  return embeddings + layers * (attention + mlp + norms) + 2 * width
}

function parseRecord(text: string, file: string): JsonRecord {
  if (text.length > longestConfig) throw broken(file, 'it is far too long for a configuration')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw broken(file, 'it is no JSON', error)
  }
  if (!isRecord(value)) throw broken(file, 'it is not a JSON object')
  return value
}

function refuseOtherArchitectures(config: JsonRecord): void {
  const type = own(config, 'model_type')
  const architectures = own(config, 'architectures')
  const named = Array.isArray(architectures) ? architectures.map(String) : []
  if (type === undefined ? !named.some((name) => name.startsWith('GPT2')) : type !== 'gpt2') {
    throw unsupported(`its architecture is ${show(type ?? named[0])}, not gpt2`)
  }
  if (own(config, 'add_cross_attention') === true) throw unsupported('it attends to a second text (add_cross_attention)')
  if (isRecord(own(config, 'quantization_config'))) throw unsupported('its weights are already quantized; take the original ones')
}

function epsilonOf(config: JsonRecord, file: string): number {
  const value = own(config, 'layer_norm_epsilon') ?? 1e-5
  if (typeof value !== 'number' || !(value > 0 && value < 1)) throw broken(file, `layer_norm_epsilon is ${show(value)}, not between 0 and 1`)
  return value
}

function activationOf(config: JsonRecord): Activation {
  const name = own(config, 'activation_function') ?? 'gelu_new'
  const activation = typeof name === 'string' ? activations.get(name) : undefined
  if (activation === undefined) throw unsupported(`its activation function is ${show(name)}`)
  return activation
}

/** A value from the file, short enough for a message. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing'
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}

function broken(file: string, reason: string, cause?: unknown): InklingError {
  return InklingError.of('model-file-broken', { file, reason }, cause)
}

function unsupported(reason: string): InklingError {
  return InklingError.of('model-unsupported', { reason })
}
