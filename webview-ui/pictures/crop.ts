import { imageSide, imageSize } from '../../src/gan/network'
import { pictureSize } from './pictureSize'

/** Decoded, a pixel takes four bytes. The largest cameras of small format stay below. */
const mostPixels = 64e6

/** Why a file is refused that is none, or is not whole. */
export const notAPicture = 'it is not a whole PNG or JPEG picture'

/** Square in the middle of a picture. */
export function centreSquare(width: number, height: number): { readonly left: number; readonly top: number; readonly side: number } {
  const side = Math.min(width, height)
  return { left: Math.floor((width - side) / 2), top: Math.floor((height - side) / 2), side }
}

/**
 * Brightness of 28 × 28 colour pixels, transparent ones as white (Rec. 709 weights).
 * @param rgba [784, 4]
 * @returns [784], 0 black to 255 white
 */
export function toGrey(rgba: Uint8ClampedArray): Uint8Array {
  const out = new Uint8Array(imageSize)
  for (let p = 0; p < imageSize; p++) {
    const [r = 0, g = 0, b = 0, a = 0] = rgba.subarray(p * 4, p * 4 + 4)
    const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b
    out[p] = Math.round((luminance * a) / 255 + 255 - a)
  }
  return out
}

/** Decodes PNG or JPEG with the browser's own decoder. @returns [784] grey, or why not @throws for what is not a picture */
export async function readPicture(bytes: Uint8Array): Promise<Uint8Array | string> {
  const size = pictureSize(bytes)
  if (!size) return notAPicture
  if (size.width * size.height > mostPixels) return `it has ${size.width} × ${size.height} pixels, more than ${mostPixels / 1e6} million`
  const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)]))
  try {
    const { left, top, side } = centreSquare(bitmap.width, bitmap.height)
    const canvas = new OffscreenCanvas(imageSide, imageSide)
    const context = canvas.getContext('2d', { willReadFrequently: true })
    if (!context) throw new Error('no canvas')
    context.imageSmoothingQuality = 'high'
    context.drawImage(bitmap, left, top, side, side, 0, 0, imageSide, imageSide)
    return toGrey(context.getImageData(0, 0, imageSide, imageSide).data)
  } finally {
    bitmap.close()
  }
}
