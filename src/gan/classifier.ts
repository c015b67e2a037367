import { InklingError } from '../base/errors'
import { crc32 } from './crc32'
import { digitCount, imageSide, imageSize } from './network'

/** Numbers that describe a picture just before the classifier decides. */
export const featureCount = 128

/** A convolution of stride 2 followed by the rectifier; pictures are [channel][row][column]. */
interface Convolution {
  readonly inputs: number
  readonly outputs: number
  readonly side: number
  readonly kernel: number
  readonly padding: number
  /** [outputs, inputs · kernel · kernel] */
  readonly weights: Float32Array
  readonly bias: Float32Array
}

/** [outputs, inputs] and [outputs] */
interface Dense {
  readonly weights: Float32Array
  readonly bias: Float32Array
}

/** What the features of real digits look like: mean [128] and covariance [128, 128]. */
export interface FeatureStatistics {
  readonly mean: Float64Array
  readonly covariance: Float64Array
}

export interface Judgement {
  /** [n, 128] */
  readonly features: Float32Array
  /** [n, 10], each row sums to 1 */
  readonly probabilities: Float32Array
}

/** The digit classifier that the extension ships: see tools/studio/train_classifier.py. */
export class Classifier {
  private constructor(
    private readonly first: Convolution,
    private readonly second: Convolution,
    private readonly third: Dense,
    private readonly fourth: Dense,
    readonly real: FeatureStatistics,
  ) {}

  /** @throws InklingError `model-file-broken` */
  static parse(file: Uint8Array): Classifier {
    const reader = new Reader(file)
    const [a, b, c, d] = [reader.layer(16, 25), reader.layer(32, 144), reader.layer(featureCount, 1568), reader.layer(digitCount, featureCount)]
    return new Classifier(
      { inputs: 1, outputs: 16, side: imageSide, kernel: 5, padding: 2, ...a },
      { inputs: 16, outputs: 32, side: 14, kernel: 3, padding: 1, ...b },
      c,
      d,
      reader.statistics(),
    )
  }

  /** @param pixels [n, 784] grey levels */
  judge(pixels: Uint8Array): Judgement {
    const count = pixels.length / imageSize
    const features = new Float32Array(count * featureCount)
    const probabilities = new Float32Array(count * digitCount)
    const picture = new Float32Array(imageSize)
    const low = new Float32Array(16 * 14 * 14)
    const high = new Float32Array(32 * 7 * 7)
    for (let i = 0; i < count; i++) {
      for (let p = 0; p < imageSize; p++) picture[p] = (pixels[i * imageSize + p] ?? 0) / 255
      convolve(this.first, picture, low)
      convolve(this.second, low, high)
      const feature = features.subarray(i * featureCount, (i + 1) * featureCount)
      apply(this.third, high, feature)
      for (let f = 0; f < featureCount; f++) feature[f] = Math.max(feature[f] ?? 0, 0)
      const row = probabilities.subarray(i * digitCount, (i + 1) * digitCount)
      apply(this.fourth, feature, row)
      softmax(row)
    }
    return { features, probabilities }
  }
}

function convolve({ inputs, outputs, side, kernel, padding, weights, bias }: Convolution, from: Float32Array, to: Float32Array): void {
  const half = side >> 1
  const window = new Float32Array(inputs * kernel * kernel)
  for (let row = 0; row < half; row++) {
    for (let column = 0; column < half; column++) {
      let at = 0
      for (let input = 0; input < inputs; input++) {
        for (let y = 2 * row - padding; y < 2 * row - padding + kernel; y++) {
          for (let x = 2 * column - padding; x < 2 * column - padding + kernel; x++) {
            window[at++] = y >= 0 && y < side && x >= 0 && x < side ? (from[(input * side + y) * side + x] ?? 0) : 0
          }
        }
      }
      for (let output = 0; output < outputs; output++) {
        const sum = (bias[output] ?? 0) + dot(weights, output * at, window, at)
        to[(output * half + row) * half + column] = sum > 0 ? sum : 0
      }
    }
  }
}

function apply({ weights, bias }: Dense, from: Float32Array, to: Float32Array): void {
  for (let output = 0; output < to.length; output++) to[output] = (bias[output] ?? 0) + dot(weights, output * from.length, from, from.length)
}

function dot(weights: Float32Array, start: number, values: Float32Array, count: number): number {
  let sum = 0
  for (let i = 0; i < count; i++) sum += (weights[start + i] as number) * (values[i] as number)
  return sum
}

function softmax(row: Float32Array): void {
  const largest = Math.max(...row)
  let sum = 0
  for (let i = 0; i < row.length; i++) sum += row[i] = Math.exp((row[i] ?? 0) - largest)
  for (let i = 0; i < row.length; i++) row[i] = (row[i] ?? 0) / sum
}

const magic = [0x49, 0x4e, 0x4b, 0x4c, 0x43, 0x4c, 0x53, 1]

/** Walks through the file: its layout is fixed, so its length is, and the check sum covers the rest. */
class Reader {
  private at = magic.length
  private readonly view: DataView

  constructor(file: Uint8Array) {
    this.view = new DataView(file.buffer, file.byteOffset, file.byteLength)
    if (magic.some((byte, i) => file[i] !== byte)) throw broken('it is not a digit classifier')
    if (file.byteLength !== size) throw broken(`it has ${file.byteLength} bytes instead of ${size}`)
    if (this.view.getUint32(size - 4, true) !== crc32(file.subarray(0, size - 4))) throw broken('its check sum is wrong')
  }

  layer(rows: number, columns: number): Dense {
    const scales = this.floats(rows)
    const bias = this.floats(rows)
    const weights = new Float32Array(rows * columns)
    for (let i = 0; i < weights.length; i++) weights[i] = this.view.getInt8(this.at + i) * (scales[Math.floor(i / columns)] ?? 0)
    this.at += padded(weights.length)
    return { weights, bias }
  }

  statistics(): FeatureStatistics {
    const mean = Float64Array.from(this.floats(featureCount))
    const triangle = this.floats((featureCount * (featureCount + 1)) / 2)
    const covariance = new Float64Array(featureCount * featureCount)
    let at = 0
    for (let row = 0; row < featureCount; row++) {
      for (let column = row; column < featureCount; column++) {
        covariance[row * featureCount + column] = covariance[column * featureCount + row] = triangle[at++] ?? 0
      }
    }
    return { mean, covariance }
  }

  private floats(count: number): Float32Array {
    const values = Float32Array.from({ length: count }, (_, i) => this.view.getFloat32(this.at + 4 * i, true))
    this.at += 4 * count
    return values
  }
}

function padded(size: number): number {
  return (size + 3) & ~3
}

const layers = [[16, 25], [32, 144], [featureCount, 1568], [digitCount, featureCount]] as const
const size = magic.length + layers.reduce((sum, [rows, columns]) => sum + 8 * rows + padded(rows * columns), 0) + 4 * (featureCount + (featureCount * (featureCount + 1)) / 2) + 4

function broken(reason: string): InklingError {
  return InklingError.of('model-file-broken', { file: 'digits.inkcls', reason })
}
