import type { Dataset } from '../src/gan/dataset'
import { showcaseCount } from '../src/gan/frames'
import { digitCount, imageSize } from '../src/gan/network'

/**
 * Real pictures to show beside the samples. With labels each column shows one digit, as digits to order do.
 * @returns [40, 784] grey levels
 */
export function realSamples({ count, pixels, labels }: Dataset): Uint8Array {
  const out = new Uint8Array(showcaseCount * imageSize)
  let from = 0
  for (let i = 0; i < showcaseCount; i++) {
    const wanted = i % digitCount
    // The first picture of the digit after the last one shown; a set without that digit shows what comes.
    let found = from % count
    for (let tried = 0; labels && tried < count && labels[found] !== wanted; tried++) found = (found + 1) % count
    out.set(pixels.subarray(found * imageSize, (found + 1) * imageSize), i * imageSize)
    from = found + 1
  }
  return out
}
