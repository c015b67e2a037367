import { throwIfCancelled } from '../base/cancellation'
import { attentionBy, operatorSetFor, type CacheUse } from './attention'
import { BlockWeights } from './blockWeights'
import { ColumnWeights } from './columnWeights'
import { attentionScale, type Gpt2Config } from './config'
import { FloatWeights } from './floatWeights'
import { dataType } from '../onnx/model'
import { GraphBuilder } from '../onnx/graphBuilder'
import { WeightsLayout, type ByteSink } from '../onnx/weightsLayout'
import type { Precision, WeightFormat } from './weightFormat'
import type { Gpt2Weights } from './weights'

/** Goes up whenever the same weights would give other bytes: graphs on disk from older builders are not used. */
export const builderVersion = 6

/** A GPT-2 as ONNX: a small model file and a file of weights beside it. */
export interface Gpt2Graph {
  readonly model: Uint8Array
  /** Reads prompts faster: see `GraphOptions.prompts`. Its weights lie in the same file. */
  readonly prompts: Uint8Array | undefined
  readonly weightsSize: number
  /**
   * Converts the weights one by one, so that the memory holds one at a time.
   * @param onProgress hears the part that is done, from 0 to 1
   */
  writeWeights(sink: ByteSink, onProgress?: (fraction: number) => void, signal?: AbortSignal): Promise<void>
}

export interface GraphOptions {
  readonly precision: Precision
  readonly cacheUse: CacheUse
  /**
   * Adds a second graph for prompts, whose products are whole numbers (`ColumnWeights`): it has no
   * head, and takes as much memory again for the layers. The number is the largest code of its weights. For the cache in
   * place, and 8 bits.
   */
  readonly prompts: number | undefined
}

/**
 * One graph for prompts, single tokens and branches alike. P is the number of rows in the cache, n of new tokens, m of
 * logits asked for.
 *
 * Inputs: `ids`, `pos` [n] and `rows` [m] (which of the new tokens want logits), int32; `mask` [n, P + n], float32, added
 * to the attention scores (0: visible, very negative: not); for each layer `k<l>` and `v<l>`, float32.
 * Outputs: `logits` [m, vocabulary]; for each layer `nk<l>` and `nv<l>`, the rows to append to the cache. How these look
 * depends on the use of the cache.
 *
 * The cache is position-major, so that its first P rows are one piece of memory that is passed without a copy, and new
 * rows can be written right behind them.
 *
 * The graph for prompts has `states` [m, width] instead of `logits`: what the last normalization and the head are to be applied to.
 * Its m is at least 1.
 */
export function buildGpt2Graph(config: Gpt2Config, weights: Gpt2Weights, { precision, cacheUse, prompts }: GraphOptions, weightsFile: string): Gpt2Graph {
  const layout = new WeightsLayout()
  const encode = (build: (layers: Gpt2Layers) => void): Uint8Array => {
    const graph = new GraphBuilder(layout)
    build(new Gpt2Layers(graph, config, weights, precision, cacheUse))
    return graph.encode(weightsFile, operatorSetFor[cacheUse])
  }
  return {
    model: encode((layers) => layers.build()),
    prompts: prompts === undefined ? undefined : encode((layers) => layers.buildPrompts(prompts)),
    weightsSize: layout.sizeBytes,
    async writeWeights(sink, onProgress, signal) {
      const total = layout.recipes.reduce((sum, recipe) => sum + recipe.sizeBytes, 0)
      let written = 0
      for (const recipe of layout.recipes) {
        throwIfCancelled(signal)
        await recipe.write(sink)
        written += recipe.sizeBytes
        onProgress?.(written / total)
      }
    },
  }
}

/** A hidden state [n, width]: before and after the normalization that follows it. */
interface Hidden {
  readonly residual: string
  readonly normalized: string
}

/** What layers need of a format. */
type LayerFormat = Pick<WeightFormat, 'embed' | 'linear' | 'narrow'>

class Gpt2Layers {
  private readonly floats: FloatWeights
  private readonly format: WeightFormat

  constructor(
    private readonly graph: GraphBuilder,
    private readonly config: Gpt2Config,
    private readonly weights: Gpt2Weights,
    precision: Precision,
    private readonly cacheUse: CacheUse,
  ) {
    this.floats = new FloatWeights(graph, config, weights)
    this.format = precision === 'fp32' ? this.floats : new BlockWeights(graph, config, weights, precision === 'int8' ? 8 : 4)
  }

  build(): void {
    const { graph, config, format } = this
    const hidden = this.layers(format, graph.input('rows', dataType.int32, ['m']))
    graph.output(format.head(hidden.normalized), dataType.float, ['m', config.vocabulary])
  }

  buildPrompts(largestCode: number): void {
    const { graph, config } = this
    const format = new ColumnWeights(graph, config, this.weights, this.floats, this.format, largestCode)
    const hidden = this.layers(format, graph.input('rows', dataType.int32, ['m']))
    graph.output(graph.node('Identity', [hidden.residual], {}, 'states'), dataType.float, ['m', config.width])
  }

  /** All layers, the last one behind its attention for the tokens alone that `rows` names. */
  private layers(format: LayerFormat, rows: string): Hidden {
    const { graph, config } = this
    const mask = this.mask()
    let hidden = this.begin(format)
    for (let layer = 0; layer < config.layers; layer++) {
      const attended = attentionBy[this.cacheUse](graph, config, layer, this.queriesKeysValues(format, hidden, layer), mask)
      const last = layer === config.layers - 1
      // After the last attention nothing flows between tokens: go on with those that were asked for.
      const pick = (value: string): string => (last ? graph.node('Gather', [value, rows]) : value)
      if (last) format.narrow?.(rows)
      hidden = this.behindAttention(format, pick(attended), pick(hidden.residual), layer)
    }
    return hidden
  }

  private mask(): string {
    return this.graph.input('mask', dataType.float, ['n', 'T'])
  }

  private begin(format: LayerFormat): Hidden {
    const { graph } = this
    const ids = graph.input('ids', dataType.int32, ['n'])
    const positions = graph.input('pos', dataType.int32, ['n'])
    const places = graph.node('Gather', [this.floats.tensor('wpe.weight'), positions])
    return this.addAndNormalize(format.embed(ids), places, 'h.0.ln_1')
  }

  /** @returns value [n, 3 · width], the queries scaled */
  private queriesKeysValues(format: LayerFormat, { normalized }: Hidden, layer: number): string {
    const scale = { columns: this.config.width, factor: attentionScale(this.config, layer) }
    return format.linear(normalized, `h.${layer}.attn.c_attn`, { scale })
  }

  private behindAttention(format: LayerFormat, attended: string, residual: string, layer: number): Hidden {
    const middle = this.addAndNormalize(format.linear(attended, `h.${layer}.attn.c_proj`), residual, `h.${layer}.ln_2`)
    const next = layer === this.config.layers - 1 ? 'ln_f' : `h.${layer + 1}.ln_1`
    return this.addAndNormalize(this.mlp(format, middle.normalized, layer), middle.residual, next)
  }

  private mlp(format: LayerFormat, x: string, layer: number): string {
    const { graph, config } = this
    const name = `h.${layer}.mlp`
    const activated = config.activation === 'gelu-tanh'
      // The bias goes with the activation, which passes over the values anyway.
      ? graph.msNode('FastGelu', [format.linear(x, `${name}.c_fc`, { withoutBias: true }), this.floats.tensor(`${name}.c_fc.bias`)])
      : graph.node(config.activation === 'gelu' ? 'Gelu' : 'Relu', [format.linear(x, `${name}.c_fc`)])
    return format.linear(activated, `${name}.c_proj`)
  }

  /** Residual connection and layer normalization. `SkipLayerNormalization` does both in one node and takes four times as long. */
  private addAndNormalize(a: string, b: string, norm: string): Hidden {
    const { graph } = this
    const residual = graph.node('Add', [a, b])
    const inputs = [residual, this.floats.tensor(`${norm}.weight`), this.floats.tensor(`${norm}.bias`)]
    return { residual, normalized: graph.node('LayerNormalization', inputs, { axis: { int: -1 }, epsilon: { float: this.config.epsilon } }) }
  }
}
