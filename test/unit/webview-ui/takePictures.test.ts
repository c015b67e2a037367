import { describe, expect, it } from 'vitest'
import { InklingError } from '../../../src/base/errors'
import type { PictureBatch } from '../../../src/gan/protocol/hostProtocol'
import { takePictures, type PictureSource } from '../../../webview-ui/pictures/takePictures'

/** Hands over pictures of one byte each, which is their grey. */
function source(files: readonly { readonly name: string; readonly grey: number }[], batchSize: number, cancelAfter = Number.POSITIVE_INFINITY): PictureSource & { readonly asked: () => number } {
  let at = 0
  let asked = 0
  const next = (): PictureBatch | undefined => {
    if (asked++ >= cancelAfter) return undefined
    const some = files.slice(at, (at += batchSize))
    return { files: some.map(({ name }) => ({ name, sizeBytes: 1 })), bytes: Uint8Array.from(some, ({ grey }) => grey), refused: [], left: Math.max(0, files.length - at) }
  }
  const answers = { choosePictures: () => ({ count: files.length }), readPictures: () => ({ batch: next() }) }
  return { call: (name) => Promise.resolve(answers[name]() as never), asked: () => asked }
}

const whole = (file: Uint8Array): Promise<Uint8Array> => (file[0] === 255 ? Promise.reject(new Error('broken')) : Promise.resolve(new Uint8Array(784).fill(file[0] ?? 0)))
const tenThousand = Array.from({ length: 10_000 }, (_, i) => ({ name: `${i}.png`, grey: i % 256 }))

describe('Pictures of one’s own', () => {
  it('arrive by the ten thousand in the order of the files, and the broken ones among them are named', async () => {
    const told: number[] = []
    const taken = await takePictures(source(tenThousand, 128), whole, (done) => void told.push(done))
    const good = tenThousand.filter(({ grey }) => grey !== 255)
    expect(taken?.count).toBe(good.length)
    expect(taken?.pixels).toHaveLength(good.length * 784)
    expect(good.every(({ grey }, i) => taken?.pixels[i * 784] === grey)).toBe(true)
    expect(taken?.refused.map((text) => text.split(' ')[0])).toEqual(tenThousand.filter(({ grey }) => grey === 255).map(({ name }) => name))
    expect(told).toEqual(Array.from({ length: Math.ceil(10_000 / 128) }, (_, i) => i * 128))
  })

  it('are not asked for when none was chosen', async () => {
    const nothing = source([], 128)
    expect(await takePictures(nothing, whole, () => {})).toBeUndefined()
    expect(nothing.asked()).toBe(0)
  })

  it('are let go of when the user cancels', async () => {
    const cancelled = source(tenThousand, 128, 3)
    expect(await takePictures(cancelled, whole, () => {})).toBeUndefined()
    expect(cancelled.asked()).toBe(4)
  })

  it('are refused with the host’s reason too', async () => {
    const { code, facts } = InklingError.of('gan-image-broken', { file: 'a.png', reason: 'it is larger than 24 MB' })
    const answers = { choosePictures: { count: 1 }, readPictures: { batch: { files: [], bytes: new Uint8Array(), refused: [{ name: 'a.png', error: { code, facts } }], left: 0 } } }
    const taken = await takePictures({ call: (name) => Promise.resolve(answers[name] as never) }, whole, () => {})
    expect(taken).toEqual({ count: 0, pixels: new Uint8Array(), refused: ['a.png cannot be read: it is larger than 24 MB.'] })
  })
})
