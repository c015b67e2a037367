import { throwIfCancelled } from '../base/cancellation'
import { dataType } from '../onnx/model'
import { WeightsLayout, type ByteSink, type WeightPlace } from '../onnx/weightsLayout'
import { layerBlock } from './blockWeights'
import { attentionScale, type Gpt2Config } from './config'
import { bytesOf } from './floats'
import { scaleColumns } from './floatWeights'
import { byRows, fourBitLanes, groupRows, type LaneArranger } from './lanes'
import { LowerHalves, upperHalves } from './preview'
import { blockSizeFor, quantizeRows, transpose, unsigned, type Bits } from './quantize'
import { tensorShapes, type Gpt2Weights } from './weights'

/** Goes up whenever the same weights would give other bytes. */
export const laneVersion = 4

/** Where the parts of a matrix begin in the file. Biases and zero points are 0 where there are none. */
export interface LaneMatrix {
  readonly codes: number
  readonly scales: number
  readonly zeros: number
  readonly bias: number
}

/** Half of an 8-bit matrix, which tells roughly what a product will be. Where its parts begin in the file. */
export interface LanePreview {
  /** The upper four bits of each code. */
  readonly codes: number
  /** Mean and variance of the lower four bits over each column: f32 [2, columns]. */
  readonly lowerHalves: number
}

export interface LaneNorm {
  readonly weight: number
  readonly bias: number
}

export interface LaneLayer {
  readonly joined: LaneMatrix
  readonly projection: LaneMatrix
  readonly expanding: LaneMatrix
  readonly contracting: LaneMatrix
  readonly firstNorm: LaneNorm
  readonly secondNorm: LaneNorm
}

/** A GPT-2 for the decoder of kernels/assembly/decoder: one file, laid out as its vectors read it. */
export interface LaneModel {
  readonly bits: Bits
  /** Values that share a scale. */
  readonly blocks: { readonly width: number; readonly inner: number; readonly vocabulary: number }
  /** Rows of embedding and head, filled up. */
  readonly vocabulary: number
  readonly embedding: LaneMatrix
  readonly head: LaneMatrix
  /** Of the head; undefined where it is read whole for every token. */
  readonly preview: LanePreview | undefined
  readonly places: number
  readonly lastNorm: LaneNorm
  readonly layers: readonly LaneLayer[]
  readonly sizeBytes: number
  /**
   * Converts the weights one by one, in the order in which they lie. `onProgress` hears the part that is done, from 0 to 1.
   */
  readonly write: (sink: ByteSink, onProgress?: (fraction: number) => void, signal?: AbortSignal) => Promise<void>
}

/** Elements of an embedding that are in memory at a time. */
const pieceElements = 1 << 22

/** Whether vectors of four and of sixteen come out even. */
export function fitsLanes({ width, inner, headDim }: Gpt2Config, bits: Bits): boolean {
  const step = bits === 8 ? 16 : 32
  return width % step === 0 && inner % step === 0 && headDim % 4 === 0
}

/** Whether a head can have a preview: the sums of 32 columns are the kernel's step. */
export function fitsPreview({ width }: Gpt2Config): boolean {
  return blockSizeFor(width, layerBlock[8]) % 32 === 0
}

/**
 * @param config one that fits
 * @param arranger asked when something is converted
 * @param previews whether the head gets a preview, which has to fit, too
 */
export function layLanes(config: Gpt2Config, weights: Gpt2Weights, bits: Bits, arranger: () => Promise<LaneArranger>, previews: boolean): LaneModel {
  const { width, inner, vocabulary, layers } = config
  const lay = new LaneLayout(config, weights, bits, arranger)
  const embedding = lay.vocabularyMatrix('wte.weight', previews && config.tiedHead)
  const model = {
    bits,
    blocks: { width: blockSizeFor(width, layerBlock[bits]), inner: blockSizeFor(inner, layerBlock[bits]), vocabulary: blockSizeFor(width, layerBlock[8]) },
    vocabulary: roundUp(vocabulary, groupRows),
    embedding,
    places: lay.floats('wpe.weight'),
    layers: Array.from({ length: layers }, (_, layer) => lay.layer(layer)),
    lastNorm: lay.norm('ln_f'),
  }
  const head = config.tiedHead ? embedding : lay.vocabularyMatrix('lm_head.weight', previews)
  return { ...model, head, preview: head.preview, sizeBytes: lay.layout.sizeBytes, write: (sink, onProgress, signal) => lay.write(sink, onProgress, signal) }
}

class LaneLayout {
  readonly layout = new WeightsLayout()
  private readonly shapes: ReadonlyMap<string, readonly number[]>
  private opened: Promise<LaneArranger> | undefined

  constructor(private readonly config: Gpt2Config, private readonly weights: Gpt2Weights, private readonly bits: Bits, private readonly openArranger: () => Promise<LaneArranger>) {
    this.shapes = tensorShapes(config)
  }

  layer(layer: number): LaneLayer {
    const name = `h.${layer}`
    return {
      firstNorm: this.norm(`${name}.ln_1`),
      joined: this.layerMatrix(`${name}.attn.c_attn`, attentionScale(this.config, layer)),
      projection: this.layerMatrix(`${name}.attn.c_proj`),
      secondNorm: this.norm(`${name}.ln_2`),
      expanding: this.layerMatrix(`${name}.mlp.c_fc`),
      contracting: this.layerMatrix(`${name}.mlp.c_proj`),
    }
  }

  norm(name: string): LaneNorm {
    return { weight: this.floats(`${name}.weight`), bias: this.floats(`${name}.bias`) }
  }

  /** @param queries factor of the first `width` columns */
  floats(name: string, queries = 1): number {
    const shape = this.shapes.get(name) ?? []
    const place = this.layout.place(dataType.float, shape)
    this.recipe([place], async (sink) => {
      const values = await this.weights.read(name)
      scaleColumns(values, shape.at(-1) ?? 1, { columns: this.config.width, factor: queries })
      await sink.write(place.offset, bytesOf(values))
    })
    return place.offset
  }

  /** A Conv1D matrix [in, out] with its bias. */
  private layerMatrix(name: string, queries = 1): LaneMatrix {
    const [columns = 1, rows = 1] = this.shapes.get(`${name}.weight`) ?? []
    const { bits } = this
    const blockSize = blockSizeFor(columns, layerBlock[bits])
    const blocks = columns / blockSize
    const codes = this.layout.place(dataType.uint8, [rows, (columns * bits) / 8])
    const scales = bits === 8 ? this.layout.place(dataType.float, [rows, blocks]) : this.layout.place(dataType.uint8, [rows, blocks, 2])
    const zeros = bits === 8 ? undefined : this.layout.place(dataType.uint8, [rows, blocks])
    this.recipe([codes, scales, ...(zeros ? [zeros] : [])], async (sink) => {
      const scale = { columns: this.config.width, factor: queries }
      const packed = bits === 8 ? await this.weights.packed(`${name}.weight`) : undefined
      if (packed?.blockRows === blockSize) {
        scaleColumns(packed.scales, rows, scale)
        await (await this.arranger()).fromColumns(packed.codes, rows, sink, codes.offset)
        await sink.write(scales.offset, bytesOf(byRows(transpose(packed.scales, blocks, rows), blocks)))
        return
      }
      const values = await this.weights.read(`${name}.weight`)
      scaleColumns(values, rows, scale)
      const quantized = quantizeRows(transpose(values, columns, rows), columns, blockSize, bits)
      if (zeros) {
        const lanes = fourBitLanes(quantized, rows, blocks, blockSize)
        await sink.write(codes.offset, lanes.codes)
        await sink.write(scales.offset, bytesOf(lanes.scales))
        await sink.write(zeros.offset, lanes.zeros)
      } else {
        await (await this.arranger()).fromRows(signed(quantized.codes), columns, sink, codes.offset)
        await sink.write(scales.offset, bytesOf(byRows(quantized.scales, blocks)))
      }
    })
    return { codes: codes.offset, scales: scales.offset, zeros: zeros?.offset ?? 0, bias: this.floats(`${name}.bias`, queries) }
  }

  /** [vocabulary, width], in 8 bits, filled up with rows of zeros, and their upper halves where there is to be a preview. */
  vocabularyMatrix(name: string, previews: boolean): LaneMatrix & Pick<LaneModel, 'preview'> {
    const { vocabulary, width } = this.config
    const rows = roundUp(vocabulary, groupRows)
    const blockSize = blockSizeFor(width, layerBlock[8])
    const blocks = width / blockSize
    const codes = this.layout.place(dataType.int8, [rows, width])
    const scales = this.layout.place(dataType.float, [rows, blocks])
    const preview = previews ? { codes: this.layout.place(dataType.uint8, [rows, width / 2]), lowerHalves: this.layout.place(dataType.float, [2, width]) } : undefined
    const pieceRows = Math.max(groupRows, Math.floor(pieceElements / width / groupRows) * groupRows)
    this.recipe([codes, scales, ...(preview ? [preview.codes, preview.lowerHalves] : [])], async (sink) => {
      const lowerHalves = new LowerHalves(width)
      for (let row = 0; row < vocabulary; row += pieceRows) {
        const to = Math.min(row + pieceRows, vocabulary)
        const piece = await this.vocabularyRows(name, row, to, blockSize)
        const filled = filledUp(piece.codes, width)
        await (await this.arranger()).fromRows(filled, width, sink, codes.offset + row * width)
        await sink.write(scales.offset + row * blocks * 4, bytesOf(byRows(filledUp(piece.scales, blocks), blocks)))
        if (!preview) continue
        await sink.write(preview.codes.offset + (row * width) / 2, upperHalves(filled, width))
        lowerHalves.add(piece.codes)
      }
      if (preview) await sink.write(preview.lowerHalves.offset, bytesOf(lowerHalves.moments()))
    })
    return { codes: codes.offset, scales: scales.offset, zeros: 0, bias: 0, preview: preview && { codes: preview.codes.offset, lowerHalves: preview.lowerHalves.offset } }
  }

  private async vocabularyRows(name: string, from: number, to: number, blockSize: number): Promise<{ readonly codes: Int8Array; readonly scales: Float32Array }> {
    const packed = await this.weights.packed(name, from, to)
    if (packed?.blockColumns === blockSize) return packed
    const quantized = quantizeRows(await this.weights.read(name, from, to), this.config.width, blockSize, 8)
    return { codes: signed(quantized.codes), scales: quantized.scales }
  }

  async write(sink: ByteSink, onProgress?: (fraction: number) => void, signal?: AbortSignal): Promise<void> {
    const { recipes } = this.layout
    const total = recipes.reduce((sum, recipe) => sum + recipe.sizeBytes, 0)
    let written = 0
    for (const recipe of recipes) {
      throwIfCancelled(signal)
      await recipe.write(sink)
      written += recipe.sizeBytes
      onProgress?.(written / total)
    }
  }

  private arranger(): Promise<LaneArranger> {
    return (this.opened ??= this.openArranger())
  }

  private recipe(places: readonly WeightPlace[], write: (sink: ByteSink) => Promise<void>): void {
    this.layout.recipes.push({ sizeBytes: places.reduce((sum, { length }) => sum + length, 0), write })
  }
}

/** Codes around 128 as codes around 0: the step is its own way back. */
function signed(codes: Uint8Array): Int8Array {
  return new Int8Array(unsigned(new Int8Array(codes.buffer, codes.byteOffset, codes.length)).buffer)
}

/** Whole groups of rows: zeros behind the last. */
function filledUp<T extends Int8Array | Float32Array>(values: T, columns: number): T {
  const length = roundUp(values.length / columns, groupRows) * columns
  if (length === values.length) return values
  const out = new (values.constructor as new (length: number) => T)(length)
  out.set(values)
  return out
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step
}
