import { throwIfCancelled } from '../base/cancellation'
import { attentionBy, operatorSetFor, type CacheUse } from './attention'
import { BlockWeights } from './blockWeights'
import { attentionScale, type Gpt2Config } from './config'
import { FloatWeights } from './floatWeights'
import { dataType } from '../onnx/model'
import { GraphBuilder, type ByteSink } from '../onnx/graphBuilder'
import type { Precision, WeightFormat } from './weightFormat'
import type { Gpt2Weights } from './weights'

/** Goes up whenever the same weights would give other bytes: graphs on disk from older builders are not used. */
export const builderVersion = 4

/** A GPT-2 as ONNX: a small model file and a file of weights beside it. */
export interface Gpt2Graph {
  readonly model: Uint8Array
  readonly weightsSize: number
  /**
   * Converts the weights one by one, so that the memory holds one at a time.
   * @param onProgress hears the part that is done, from 0 to 1
   */
  writeWeights(sink: ByteSink, onProgress?: (fraction: number) => void, signal?: AbortSignal): Promise<void>
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
 */
export function buildGpt2Graph(config: Gpt2Config, weights: Gpt2Weights, precision: Precision, cacheUse: CacheUse, weightsFile: string): Gpt2Graph {
  const graph = new GraphBuilder()
  new Gpt2Layers(graph, config, weights, precision, cacheUse).build()
  return {
    model: graph.encode(weightsFile, operatorSetFor[cacheUse]),
    weightsSize: graph.weightsSize,
    async writeWeights(sink, onProgress, signal) {
      const total = graph.recipes.reduce((sum, recipe) => sum + recipe.sizeBytes, 0)
      let written = 0
      for (const recipe of graph.recipes) {
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

class Gpt2Layers {
  private readonly floats: FloatWeights
  private readonly format: WeightFormat

  constructor(
    private readonly graph: GraphBuilder,
    private readonly config: Gpt2Config,
    weights: Gpt2Weights,
    precision: Precision,
    private readonly cacheUse: CacheUse,
  ) {
    this.floats = new FloatWeights(graph, config, weights)
    this.format = precision === 'fp32' ? this.floats : new BlockWeights(graph, config, weights, precision === 'int8' ? 8 : 4)
  }

  build(): void {
    const { graph, config } = this
    const ids = graph.input('ids', dataType.int32, ['n'])
    const positions = graph.input('pos', dataType.int32, ['n'])
    const rows = graph.input('rows', dataType.int32, ['m'])
    const mask = graph.input('mask', dataType.float, ['n', 'T'])

    const tokens = this.format.embed(ids)
    const places = graph.node('Gather', [this.floats.tensor('wpe.weight'), positions])
    let hidden = this.addAndNormalize(tokens, places, 'h.0.ln_1')
    for (let layer = 0; layer < config.layers; layer++) {
      const attended = this.attention(hidden.normalized, layer, mask)
      const last = layer === config.layers - 1
      // After the last attention nothing flows between tokens: go on with those that were asked for.
      const pick = (value: string): string => (last ? graph.node('Gather', [value, rows]) : value)
      const projected = this.format.linear(pick(attended), `h.${layer}.attn.c_proj`)
      const middle = this.addAndNormalize(projected, pick(hidden.residual), `h.${layer}.ln_2`)
      hidden = this.addAndNormalize(this.mlp(middle.normalized, layer), middle.residual, last ? 'ln_f' : `h.${layer + 1}.ln_1`)
    }
    graph.output(this.format.head(hidden.normalized), dataType.float, ['m', config.vocabulary])
  }

  /** @param x normalized hidden state [n, width] @returns value [n, width] before its projection */
  private attention(x: string, layer: number, mask: string): string {
    const scale = { columns: this.config.width, factor: attentionScale(this.config, layer) }
    const qkv = this.format.linear(x, `h.${layer}.attn.c_attn`, { scale })
    return attentionBy[this.cacheUse](this.graph, this.config, layer, qkv, mask)
  }

  private mlp(x: string, layer: number): string {
    const { graph, config } = this
    const name = `h.${layer}.mlp`
    const activated = config.activation === 'gelu-tanh'
      // The bias goes with the activation, which passes over the values anyway.
      ? graph.msNode('FastGelu', [this.format.linear(x, `${name}.c_fc`, { withoutBias: true }), this.floats.tensor(`${name}.c_fc.bias`)])
      : graph.node(config.activation === 'gelu' ? 'Gelu' : 'Relu', [this.format.linear(x, `${name}.c_fc`)])
    return this.format.linear(activated, `${name}.c_proj`)
  }

  /** Residual connection and layer normalization. `SkipLayerNormalization` does both in one node and takes four times as long. */
  private addAndNormalize(a: string, b: string, norm: string): Hidden {
    const { graph } = this
    const residual = graph.node('Add', [a, b])
    const inputs = [residual, this.floats.tensor(`${norm}.weight`), this.floats.tensor(`${norm}.bias`)]
    return { residual, normalized: graph.node('LayerNormalization', inputs, { axis: { int: -1 }, epsilon: { float: this.config.epsilon } }) }
  }
}
