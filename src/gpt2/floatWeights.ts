import type { Gpt2Config } from './config'
import { dataType } from '../onnx/model'
import type { GraphBuilder } from '../onnx/graphBuilder'
import type { WeightPlace } from '../onnx/weightsLayout'
import { bytesOf } from './floats'
import type { LinearOptions, WeightFormat } from './weightFormat'
import { tensorShapes, type Gpt2Weights } from './weights'

/** Elements of a large tensor that are in memory at a time: 16 MiB. */
const pieceElements = 1 << 22

/** Weights as they are, in 32 bits: the reference, and what is too small to be worth quantizing in every format. */
export class FloatWeights implements WeightFormat {
  private readonly shapes: ReadonlyMap<string, readonly number[]>

  constructor(private readonly graph: GraphBuilder, private readonly config: Gpt2Config, private readonly weights: Gpt2Weights) {
    this.shapes = tensorShapes(config)
  }

  embed(ids: string): string {
    return this.graph.node('Gather', [this.tensor('wte.weight'), ids])
  }

  linear(x: string, name: string, options: LinearOptions = {}): string {
    const weight = this.tensor(`${name}.weight`, options.scale)
    const inputs = options.withoutBias ? [x, weight] : [x, weight, this.tensor(`${name}.bias`, options.scale)]
    return this.graph.node('Gemm', inputs)
  }

  head(x: string): string {
    // [vocabulary, width] as it stands: a transposed copy of a tied embedding would be the largest thing in memory.
    const weight = this.config.tiedHead ? 'wte.weight' : this.tensor('lm_head.weight')
    return this.graph.node('Gemm', [x, weight], { transB: { int: 1 } }, 'logits')
  }

  /** A tensor of the model in float32, the first columns of its last dimension scaled. */
  tensor(name: string, scale?: LinearOptions['scale']): string {
    const shape = this.shapes.get(name) ?? []
    return this.graph.weight(name, dataType.float, shape, this.graph.weights.once(name, () => this.lay(name, shape, scale)))
  }

  private lay(name: string, shape: readonly number[], scale: LinearOptions['scale']): WeightPlace {
    const layout = this.graph.weights
    const place = layout.place(dataType.float, shape)
    const rows = shape[0] ?? 1
    const rowElements = place.length / 4 / rows
    const pieceRows = Math.max(1, Math.floor(pieceElements / rowElements))
    layout.recipes.push({
      sizeBytes: place.length,
      write: async (sink) => {
        for (let row = 0; row < rows; row += pieceRows) {
          const values = await this.weights.read(name, row, Math.min(row + pieceRows, rows))
          if (scale) scaleColumns(values, shape.at(-1) ?? 1, scale)
          await sink.write(place.offset + row * rowElements * 4, bytesOf(values))
        }
      },
    })
    return place
  }
}

/** Multiplies the first columns of [any, `width`] in place. */
export function scaleColumns(values: Float32Array, width: number, { columns, factor }: NonNullable<LinearOptions['scale']>): void {
  if (factor === 1) return
  for (let row = 0; row < values.length; row += width) {
    for (let i = row; i < row + columns; i++) values[i] = (values[i] ?? 0) * factor
  }
}
