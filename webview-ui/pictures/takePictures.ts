import { InklingError } from '../../src/base/errors'
import type { HostCalls, PictureBatch } from '../../src/gan/protocol/hostProtocol'
import { imageSize } from '../../src/gan/network'
import { notAPicture } from './crop'

export interface TakenPictures {
  readonly count: number
  /** [count, 784] grey levels */
  readonly pixels: Uint8Array
  /** Why files were refused, a sentence each. */
  readonly refused: readonly string[]
}

/** The part of the host that hands pictures over. */
export interface PictureSource {
  call<K extends 'choosePictures' | 'readPictures'>(name: K, ask: HostCalls[K]['ask']): Promise<HostCalls[K]['answer']>
}

/**
 * Has the user choose pictures and crops them as they come, so that never more than one batch of files is held.
 * @param crop from a file's bytes to [784] grey levels, or to the reason why not; throws for what is no picture
 * @param tell hears how many of the files are done
 * @returns undefined when nothing was chosen, or it was cancelled
 */
export async function takePictures(source: PictureSource, crop: (file: Uint8Array) => Promise<Uint8Array | string>, tell: (done: number, count: number) => void): Promise<TakenPictures | undefined> {
  const { count: chosen } = await source.call('choosePictures', {})
  if (chosen === 0) return undefined
  const pixels = new Uint8Array(chosen * imageSize)
  const refused: string[] = []
  let count = 0
  for (let left = chosen; left > 0; ) {
    tell(chosen - left, chosen)
    const { batch } = await source.call('readPictures', {})
    if (!batch) return undefined
    refused.push(...batch.refused.map(({ error }) => InklingError.fromWire(error).message))
    for (const { name, bytes } of filesOf(batch)) {
      const picture = await crop(bytes).catch(() => notAPicture)
      if (typeof picture === 'string') refused.push(InklingError.of('gan-image-broken', { file: name, reason: picture }).message)
      else pixels.set(picture, count++ * imageSize)
    }
    left = batch.left
  }
  return { count, pixels: pixels.slice(0, count * imageSize), refused }
}

function filesOf({ files, bytes }: PictureBatch): readonly { readonly name: string; readonly bytes: Uint8Array }[] {
  let at = 0
  return files.map(({ name, sizeBytes }) => ({ name, bytes: bytes.subarray(at, (at += sizeBytes)) }))
}
