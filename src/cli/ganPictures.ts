import { encode } from 'fast-png'
import { imageSide, imageSize } from '../gan/network'

const gap = 2

/** Pictures in rows of `columns` as a grey PNG file. @param pixels [n, 784] grey levels */
export function pictureGrid(pixels: Uint8Array, columns: number): Uint8Array {
  const count = pixels.length / imageSize
  const across = Math.min(columns, count)
  const width = across * (imageSide + gap) + gap
  const height = Math.ceil(count / across) * (imageSide + gap) + gap
  const data = new Uint8Array(width * height)
  for (let i = 0; i < count; i++) {
    const left = gap + (i % across) * (imageSide + gap)
    const top = gap + Math.floor(i / across) * (imageSide + gap)
    for (let row = 0; row < imageSide; row++) {
      const from = i * imageSize + row * imageSide
      data.set(pixels.subarray(from, from + imageSide), (top + row) * width + left)
    }
  }
  return encode({ width, height, data, channels: 1, depth: 8 })
}

/**
 * NumPy's file format, version 1.0 (numpy.lib.format): uint8 [n, 28, 28].
 * @param pixels [n, 784] grey levels
 */
export function npyOfPictures(pixels: Uint8Array): Uint8Array {
  const description = `{'descr': '|u1', 'fortran_order': False, 'shape': (${pixels.length / imageSize}, ${imageSide}, ${imageSide}), }`
  const head = 10
  // The data begins at a multiple of 64, the header ends with a line break.
  const padded = Math.ceil((head + description.length + 1) / 64) * 64 - head
  const file = new Uint8Array(head + padded + pixels.length).fill(0x20, head, head + padded)
  file.set([0x93, ...Buffer.from('NUMPY', 'latin1'), 1, 0, padded & 0xff, padded >> 8])
  file.set(Buffer.from(description, 'latin1'), head)
  file[head + padded - 1] = 0x0a
  file.set(pixels, head + padded)
  return file
}
