import { throwIfCancelled } from '../base/cancellation'
import { BlockWeights } from './blockWeights'
import { attentionScale, type Gpt2Config } from './config'
import { FloatWeights } from './floatWeights'
import { dataType } from '../onnx/model'
import { GraphBuilder, type ByteSink } from '../onnx/graphBuilder'
import type { Precision, WeightFormat } from './weightFormat'
import type { Gpt2Weights } from './weights'

/** Goes up whenever the same weights would give other bytes: graphs on disk from older builders are not used. */
export const builderVersion = 2

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
 * to the attention scores (0: visible, very negative: not); for each layer l `k<l>`, `v<l>` [P, heads, headDim], float32.
 * Outputs: `logits` [m, vocabulary]; for each layer `nk<l>`, `nv<l>` [n, heads, headDim], the rows to append to the cache.
 *
 * The cache is position-major, so that its first P rows are one piece of memory that is passed without a copy, and new
 * rows can be written right behind them.
 */
export function buildGpt2Graph(config: Gpt2Config, weights: Gpt2Weights, precision: Precision, weightsFile: string): Gpt2Graph {
  const graph = new GraphBuilder()
  new Gpt2Layers(graph, config, weights, precision).build()
  return {
    model: graph.encode(weightsFile),
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

  constructor(private readonly graph: GraphBuilder, private readonly config: Gpt2Config, weights: Gpt2Weights, precision: Precision) {
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
    const { graph, config: { heads, headDim, width } } = this
    const qkv = this.format.linear(x, `h.${layer}.attn.c_attn`, { scale: { columns: width, factor: attentionScale(this.config, layer) } })
    const byHead = graph.node('Reshape', [qkv, graph.integers([0, 3 * heads, headDim])])
    const query = graph.name()
    const [newKey, newValue] = [`nk${layer}`, `nv${layer}`]
    for (const name of [newKey, newValue]) graph.output(name, dataType.float, ['n', heads, headDim])
    graph.add('', 'Split', [byHead], [query, newKey, newValue], { axis: { int: 1 }, num_outputs: { int: 3 } })

    const pastKey = graph.input(`k${layer}`, dataType.float, ['P', heads, headDim])
    const pastValue = graph.input(`v${layer}`, dataType.float, ['P', heads, headDim])
    const join = (past: string, added: string): string => graph.node('Concat', [past, added], { axis: { int: 0 } })
    const transpose = (value: string, ...perm: number[]): string => graph.node('Transpose', [value], { perm: { ints: perm } })
    // Plain Transpose and MatMul: the CPU provider fuses them itself, and every other provider has them.
    const scores = graph.node('MatMul', [transpose(query, 1, 0, 2), transpose(join(pastKey, newKey), 1, 2, 0)])
    const visible = graph.node('Softmax', [graph.node('Add', [scores, mask])], { axis: { int: -1 } })
    const mixed = graph.node('MatMul', [visible, transpose(join(pastValue, newValue), 1, 0, 2)])
    return graph.node('Reshape', [transpose(mixed, 1, 0, 2), graph.integers([-1, width])])
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

  /** Residual connection and layer normalization in one pass. */
  private addAndNormalize(a: string, b: string, norm: string): Hidden {
    const { graph } = this
    const [normalized, residual] = [graph.name(), graph.name()]
    const inputs = [a, b, this.floats.tensor(`${norm}.weight`), this.floats.tensor(`${norm}.bias`)]
    graph.add('com.microsoft', 'SkipLayerNormalization', inputs, [normalized, '', '', residual], { epsilon: { float: this.config.epsilon } })
    return { residual, normalized }
  }
}
