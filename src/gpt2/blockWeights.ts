import type { Gpt2Config } from './config'
import { bytesOf } from './floats'
import { scaleColumns, FloatWeights } from './floatWeights'
import { dataType } from '../onnx/model'
import type { GraphBuilder } from '../onnx/graphBuilder'
import type { WeightPlace } from '../onnx/weightsLayout'
import { blockSizeFor, quantizeRows, transpose, transposeCodes, unsigned, type Bits, type QuantizedRows } from './quantize'
import type { LinearOptions, WeightFormat } from './weightFormat'
import { tensorShapes, type Gpt2Weights } from './weights'

/** Elements of an embedding that are in memory at a time: 16 MiB as float32. */
const pieceElements = 1 << 22

/** Where the parts of a quantized matrix [rows, columns] lie. */
interface QuantizedMatrix {
  readonly rows: number
  readonly columns: number
  readonly blockSize: number
  readonly blocks: number
  readonly bits: Bits
  readonly codes: WeightPlace
  readonly scales: WeightPlace
  /** Of 4-bit blocks alone. */
  readonly zeroPoints: WeightPlace | undefined
}

/** Layers in long blocks of 8 bits, or in short ones of 4. */
export const layerBlock: Readonly<Record<Bits, 32 | 128>> = { 8: 128, 4: 32 }

/**
 * Matrices in blocks of 8 or 4 bits; biases and normalizations stay in 32. Embedding and head have 8 bits in any case: at 4
 * they alone would do a quarter of the damage.
 */
export class BlockWeights implements WeightFormat {
  private readonly shapes: ReadonlyMap<string, readonly number[]>
  private readonly floats: FloatWeights
  private embedding: QuantizedMatrix | undefined

  constructor(
    private readonly graph: GraphBuilder,
    private readonly config: Gpt2Config,
    private readonly weights: Gpt2Weights,
    private readonly layerBits: Bits,
  ) {
    this.shapes = tensorShapes(config)
    this.floats = new FloatWeights(graph, config, weights)
  }

  embed(ids: string): string {
    const matrix = this.graph.weights.once('wte.blocks', () => this.vocabularyMatrix('wte.weight'))
    this.embedding = matrix
    const padded = matrix.blocks * matrix.blockSize
    const codes = this.graph.weight('wte.codes', dataType.uint8, [matrix.rows, (padded * matrix.bits) / 8], matrix.codes)
    const scales = this.graph.weight('wte.scales', dataType.float, [matrix.rows, matrix.blocks], matrix.scales)
    const rows = this.graph.msNode('GatherBlockQuantized', [codes, ids, scales], {
      bits: { int: matrix.bits },
      block_size: { int: matrix.blockSize },
      gather_axis: { int: 0 },
      quantize_axis: { int: 1 },
    })
    if (padded === matrix.columns) return rows
    return this.graph.node('Slice', [rows, this.graph.integers([0]), this.graph.integers([matrix.columns]), this.graph.integers([1])])
  }

  linear(x: string, name: string, options: LinearOptions = {}): string {
    const bias = options.withoutBias ? '' : this.floats.tensor(`${name}.bias`, options.scale)
    return this.multiply(x, name, this.layerMatrix(`${name}.weight`, options.scale), bias)
  }

  head(x: string): string {
    const matrix = this.config.tiedHead && this.embedding ? this.embedding : this.vocabularyMatrix('lm_head.weight')
    return this.multiply(x, 'head', matrix, '', 'logits')
  }

  /** x [n, columns] times the transpose of the matrix. */
  private multiply(x: string, name: string, matrix: QuantizedMatrix, bias: string, output?: string): string {
    const { rows, columns, bits, blocks, blockSize } = matrix
    const codes = this.graph.weight(`${name}.codes`, dataType.uint8, [rows, blocks, (blockSize * bits) / 8], matrix.codes)
    const scales = this.graph.weight(`${name}.scales`, dataType.float, [rows, blocks], matrix.scales)
    const zeroPoints = matrix.zeroPoints ? this.graph.weight(`${name}.zeroPoints`, dataType.uint8, [rows, Math.ceil(blocks / 2)], matrix.zeroPoints) : ''
    return this.graph.msNode('MatMulNBits', [x, codes, scales, zeroPoints, '', bias], {
      K: { int: columns },
      N: { int: rows },
      bits: { int: bits },
      block_size: { int: blockSize },
      // Activations go to 8 bits block by block, row by row: a prompt gives the same numbers however it is cut up.
      accuracy_level: { int: 4 },
    }, output)
  }

  /** A Conv1D matrix [in, out], which the operators want as [out, in]. */
  private layerMatrix(name: string, scale: LinearOptions['scale']): QuantizedMatrix {
    const [inputs = 1, outputs = 1] = this.shapes.get(name) ?? []
    const matrix = this.placeMatrix(outputs, inputs, this.layerBits)
    this.graph.weights.recipes.push({
      sizeBytes: matrix.codes.length + matrix.scales.length,
      write: async (sink) => {
        const { codes, scales, zeroPoints } = await this.quantizedLayer(name, matrix, scale)
        await sink.write(matrix.codes.offset, codes)
        await sink.write(matrix.scales.offset, bytesOf(scales))
        if (matrix.zeroPoints) await sink.write(matrix.zeroPoints.offset, zeroPoints)
      },
    })
    return matrix
  }

  /** An embedding or head [vocabulary, width], converted piece by piece: it is far larger than any other tensor. */
  private vocabularyMatrix(name: string): QuantizedMatrix {
    const [rows = 1, columns = 1] = this.shapes.get(name) ?? []
    const matrix = this.placeMatrix(rows, columns, 8)
    const pieceRows = Math.max(1, Math.floor(pieceElements / columns))
    this.graph.weights.recipes.push({
      sizeBytes: matrix.codes.length + matrix.scales.length,
      write: async (sink) => {
        for (let row = 0; row < rows; row += pieceRows) {
          const { codes, scales } = await this.quantizedRows(name, row, Math.min(row + pieceRows, rows), matrix)
          await sink.write(matrix.codes.offset + (row * matrix.codes.length) / rows, codes)
          await sink.write(matrix.scales.offset + (row * matrix.scales.length) / rows, bytesOf(scales))
        }
      },
    })
    return matrix
  }

  private async quantizedLayer(name: string, matrix: QuantizedMatrix, scale: LinearOptions['scale']): Promise<QuantizedRows> {
    const { rows, columns, blocks, blockSize, bits } = matrix
    const packed = bits === 8 ? await this.weights.packed(name) : undefined
    if (packed?.blockRows === blockSize) {
      if (scale) scaleColumns(packed.scales, rows, scale)
      return { codes: transposeCodes(packed.codes, columns, rows), scales: transpose(packed.scales, blocks, rows), zeroPoints: noZeroPoints }
    }
    const values = await this.weights.read(name)
    if (scale) scaleColumns(values, rows, scale)
    return quantize(transpose(values, columns, rows), matrix)
  }

  private async quantizedRows(name: string, from: number, to: number, matrix: QuantizedMatrix): Promise<QuantizedRows> {
    const packed = await this.weights.packed(name, from, to)
    if (packed?.blockColumns === matrix.blockSize) return { codes: unsigned(packed.codes), scales: packed.scales, zeroPoints: noZeroPoints }
    return quantize(await this.weights.read(name, from, to), matrix)
  }

  private placeMatrix(rows: number, columns: number, bits: Bits): QuantizedMatrix {
    const blockSize = blockSizeFor(columns, layerBlock[bits])
    const blocks = Math.ceil(columns / blockSize)
    const codes = this.graph.weights.place(dataType.uint8, [rows, blocks, (blockSize * bits) / 8])
    const scales = this.graph.weights.place(dataType.float, [rows, blocks])
    const zeroPoints = bits === 4 ? this.graph.weights.place(dataType.uint8, [rows, Math.ceil(blocks / 2)]) : undefined
    return { rows, columns, blockSize, blocks, bits, codes, scales, zeroPoints }
  }
}

const noZeroPoints = new Uint8Array(0)

function quantize(rows: Float32Array, { columns, blockSize, bits }: QuantizedMatrix): QuantizedRows {
  return quantizeRows(rows, columns, blockSize, bits)
}
