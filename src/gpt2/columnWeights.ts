import { dataType } from '../onnx/model'
import type { GraphBuilder } from '../onnx/graphBuilder'
import type { Gpt2Config } from './config'
import { bytesOf } from './floats'
import { scaleColumns, type FloatWeights } from './floatWeights'
import { quantizeColumns } from './quantize'
import type { LinearOptions, WeightFormat } from './weightFormat'
import { tensorShapes, type Gpt2Weights } from './weights'

/** Codes of activations go from 1 to 255; this one is zero. */
const zeroCode = 128

/** What all products need: made once for a graph. */
interface Constants {
  readonly one: string
  /** A row's largest magnitude becomes 127 steps. */
  readonly step: string
  readonly zeroCode: string
  /** `zeroCode` for each token: [n] */
  readonly zeroCodes: string
  readonly lastAxis: string
}

/**
 * Matrices of layers in 8 bits, or 7 where processors lose what is larger, with one scale for each output, multiplied as whole numbers. Activations go to 8 bits too,
 * each row with a scale of its own, so that a prompt gives the same numbers however it is cut up:
 *
 *     y = (codes(x) · codes(W)) · scale(row of x) · scale(column of W) + bias, where scale(row) = max |x| / 127
 *
 * For a prompt twice as fast as blocks; for a single token the additional nodes make it slower. Without a head.
 */
export class ColumnWeights implements Pick<WeightFormat, 'embed' | 'linear' | 'narrow'> {
  private readonly shapes: ReadonlyMap<string, readonly number[]>
  private constants: Constants | undefined

  constructor(
    private readonly graph: GraphBuilder,
    config: Gpt2Config,
    private readonly weights: Gpt2Weights,
    private readonly floats: FloatWeights,
    private readonly embedding: Pick<WeightFormat, 'embed'>,
    private readonly largestCode: number,
  ) {
    this.shapes = tensorShapes(config)
  }

  embed(ids: string): string {
    const { graph } = this
    const zero = graph.byte(zeroCode)
    this.constants = { one: graph.scalar(1), step: graph.scalar(1 / 127), zeroCode: zero, zeroCodes: this.zeroCodesFor(zero, ids), lastAxis: graph.integers([1]) }
    return this.embedding.embed(ids)
  }

  narrow(rows: string): void {
    if (this.constants) this.constants = { ...this.constants, zeroCodes: this.zeroCodesFor(this.constants.zeroCode, rows) }
  }

  linear(x: string, name: string, options: LinearOptions = {}): string {
    if (!this.constants) throw new Error('The embedding comes first')
    const { graph } = this
    const { one, step, zeroCode: zero, zeroCodes, lastAxis } = this.constants
    const largest = graph.node('ReduceMax', [graph.node('Abs', [x]), lastAxis], { keepdims: { int: 1 } })
    const scales = graph.node('Mul', [largest, step])
    // A row of zeros has scale 0, and whatever its codes are, it gives zeros again.
    const codes = graph.node('QuantizeLinear', [x, graph.node('Squeeze', [scales, lastAxis]), zeroCodes], { axis: { int: 0 } })
    const matrix = this.matrix(`${name}.weight`, options.scale)
    const product = graph.msNode('MatMulIntegerToFloat', [codes, matrix.codes, one, matrix.scales, zero])
    const scaled = graph.node('Mul', [product, scales])
    return options.withoutBias ? scaled : graph.node('Add', [scaled, this.floats.tensor(`${name}.bias`, options.scale)])
  }

  /** @param rows [n] of anything */
  private zeroCodesFor(zero: string, rows: string): string {
    return this.graph.node('Expand', [zero, this.graph.node('Shape', [rows])])
  }

  /** A Conv1D matrix [in, out], as the operator wants it. */
  private matrix(name: string, scale: LinearOptions['scale']): { readonly codes: string; readonly scales: string } {
    const { weights: layout } = this.graph
    const [inputs = 1, outputs = 1] = this.shapes.get(name) ?? []
    const codesPlace = layout.place(dataType.int8, [inputs, outputs])
    const scalesPlace = layout.place(dataType.float, [outputs])
    layout.recipes.push({
      sizeBytes: codesPlace.length + scalesPlace.length,
      write: async (sink) => {
        const values = await this.weights.read(name)
        if (scale) scaleColumns(values, outputs, scale)
        const { codes, scales } = quantizeColumns(values, outputs, this.largestCode)
        await sink.write(codesPlace.offset, bytesOf(codes))
        await sink.write(scalesPlace.offset, bytesOf(scales))
      },
    })
    return {
      codes: this.graph.weight(`${name}.codes`, dataType.int8, [inputs, outputs], codesPlace),
      scales: this.graph.weight(`${name}.scales`, dataType.float, [outputs], scalesPlace),
    }
  }
}
