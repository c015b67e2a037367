import { InklingError } from '../base/errors'
import { imageSide, imageSize } from './network'

/** Pictures to learn from. */
export interface Dataset {
  readonly count: number
  /** [count, 784], 0 (paper) to 255 (ink) */
  readonly pixels: Uint8Array
  /** [count], 0-9; undefined when nobody said which digit a picture shows */
  readonly labels: Uint8Array | undefined
}

const imageMagic = 0x803
const labelMagic = 0x801

/**
 * MNIST's own IDX files: a magic number, big-endian dimensions, then bytes (LeCun, "The MNIST database").
 * @throws InklingError `gan-dataset-broken`
 */
export function parseIdx(images: Uint8Array, labels: Uint8Array | undefined): Dataset {
  const head = new DataView(images.buffer, images.byteOffset, images.byteLength)
  if (images.byteLength < 16 || head.getUint32(0) !== imageMagic) throw broken('the images do not begin as an IDX file of pictures does')
  const count = head.getUint32(4)
  if (head.getUint32(8) !== imageSide || head.getUint32(12) !== imageSide) throw broken(`the pictures are not ${imageSide} × ${imageSide}`)
  if (count === 0 || images.byteLength !== 16 + count * imageSize) throw broken(`${count} pictures do not fit ${images.byteLength} bytes`)
  return { count, pixels: images.subarray(16), labels: labels && parseLabels(labels, count) }
}

function parseLabels(file: Uint8Array, count: number): Uint8Array {
  const head = new DataView(file.buffer, file.byteOffset, file.byteLength)
  if (file.byteLength < 8 || head.getUint32(0) !== labelMagic) throw broken('the labels do not begin as an IDX file of labels does')
  if (head.getUint32(4) !== count || file.byteLength !== 8 + count) throw broken(`the labels are not ${count}`)
  const labels = file.subarray(8)
  if (labels.some((label) => label > 9)) throw broken('a label is not a digit')
  return labels
}

/** "INKDIGIT", then count, flags (bit 0: labels), both 32-bit little-endian; then labels, then pixels. */
const packedMagic = [0x49, 0x4e, 0x4b, 0x44, 0x49, 0x47, 0x49, 0x54]
const packedHead = 16
const maximumCount = 1_000_000

/** One file for the extension and for pictures of the user's own. Compress it from outside. */
export function packDataset(data: Dataset): Uint8Array {
  const labelBytes = data.labels ? data.count : 0
  const file = new Uint8Array(packedHead + labelBytes + data.count * imageSize)
  const head = new DataView(file.buffer)
  file.set(packedMagic)
  head.setUint32(8, data.count, true)
  head.setUint32(12, data.labels ? 1 : 0, true)
  if (data.labels) file.set(data.labels, packedHead)
  file.set(data.pixels, packedHead + labelBytes)
  return file
}

/** @throws InklingError `gan-dataset-broken` */
export function unpackDataset(file: Uint8Array): Dataset {
  const head = new DataView(file.buffer, file.byteOffset, file.byteLength)
  if (file.byteLength < packedHead || packedMagic.some((byte, i) => file[i] !== byte)) throw broken('it is not a packed set of pictures')
  const count = head.getUint32(8, true)
  const flags = head.getUint32(12, true)
  const labelBytes = flags & 1 ? count : 0
  if (count === 0 || count > maximumCount || flags > 1 || file.byteLength !== packedHead + labelBytes + count * imageSize) {
    throw broken(`${count} pictures do not fit ${file.byteLength} bytes`)
  }
  const labels = labelBytes ? file.subarray(packedHead, packedHead + count) : undefined
  if (labels?.some((label) => label > 9)) throw broken('a label is not a digit')
  return { count, pixels: file.subarray(packedHead + labelBytes), labels }
}

/** Grey levels as the networks see them: 0..255 → -1..1. */
export function toUnitRange(pixels: Uint8Array): Float32Array {
  const out = new Float32Array(pixels.length)
  for (let i = 0; i < out.length; i++) out[i] = (pixels[i] ?? 0) / 127.5 - 1
  return out
}

/** And back, rounded: -1..1 → 0..255. */
export function toPixels(values: Float32Array): Uint8Array {
  const out = new Uint8Array(values.length)
  for (let i = 0; i < out.length; i++) out[i] = Math.max(0, Math.min(255, Math.round(((values[i] ?? -1) + 1) * 127.5)))
  return out
}

function broken(reason: string): InklingError {
  return InklingError.of('gan-dataset-broken', { reason })
}
