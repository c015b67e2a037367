import { encode as encodePng } from 'fast-png'
import { encode as encodeJpeg } from 'jpeg-js'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { readPicture } from '../../../webview-ui/pictures/crop'
import { pictureSize } from '../../../webview-ui/pictures/pictureSize'
import { vastPng } from '../../support/vastPng'

const png = encodePng({ width: 3, height: 5, channels: 1, depth: 8, data: new Uint8Array(15) })
const jpeg = new Uint8Array(encodeJpeg({ width: 40, height: 24, data: new Uint8Array(40 * 24 * 4) }, 80).data)
const bytes = (...parts: readonly (readonly number[] | Uint8Array)[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]))
const frame = (marker: number, height: number, width: number): number[] => [0xff, marker, 0, 11, 8, height >> 8, height & 255, width >> 8, width & 255, 1]
const start = [0xff, 0xd8]
/** A Huffman table's segment of three bytes. */
const table = [0xff, 0xc4, 0, 5, 1, 2, 3]

describe('The size that a picture declares', () => {
  it.each<[string, Uint8Array, readonly [number, number] | undefined]>([
    ['a PNG', png, [3, 5]],
    ['a PNG that declares gigabytes', vastPng(30_000), [30_000, 30_000]],
    ['a PNG cut in its header', png.subarray(0, 20), undefined],
    ['a JPEG', jpeg, [40, 24]],
    ['a JPEG of progressive frames', bytes(start, frame(0xc2, 300, 65535)), [65535, 300]],
    ['a JPEG with a table before its frame', bytes(start, table, frame(0xc0, 7, 9)), [9, 7]],
    ['a JPEG with fill bytes before a marker', bytes(start, [0xff, 0xff], frame(0xc0, 7, 9)), [9, 7]],
    ['a JPEG cut before its frame', bytes(start, table, [0xff, 0xc0, 0, 11]), undefined],
    ['a JPEG with a segment that ends past the file', bytes(start, [0xff, 0xe0, 0xff, 0xff], new Uint8Array(20)), undefined],
    ['a JPEG with nonsense between its segments', bytes(start, table, [7], frame(0xc0, 7, 9)), undefined],
    ['a WebP', bytes([...'RIFF....WEBPVP8 '].map((letter) => letter.charCodeAt(0)), new Uint8Array(20)), undefined],
    ['nothing', new Uint8Array(), undefined],
  ])('of %s', (_what, file, size) => {
    expect(pictureSize(file)).toEqual(size && { width: size[0], height: size[1] })
  })
})

describe('A picture is not decoded', () => {
  afterEach(() => vi.unstubAllGlobals())

  it.each([
    ['when it would fill the memory', vastPng(30_000), 'it has 30000 × 30000 pixels, more than 64 million'],
    ['when it is of another kind', bytes([...'RIFF....WEBPVP8 '].map((letter) => letter.charCodeAt(0))), 'it is not a whole PNG or JPEG picture'],
  ])('%s', async (_when, file, reason) => {
    const decode = vi.fn(() => Promise.reject(new Error('decoded')))
    vi.stubGlobal('createImageBitmap', decode)
    expect(await readPicture(file)).toBe(reason)
    expect(decode).not.toHaveBeenCalled()
    await expect(readPicture(png)).rejects.toThrow('decoded')
  })
})
