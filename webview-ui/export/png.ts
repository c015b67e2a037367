import { encode } from 'fast-png'
import { ramp, type Palette } from '../pictures/palette'
import type { Sheet } from '../pictures/sheet'

/** A PNG file of a sheet, grey where the palette is grey, else in colour. */
export function encodeSheet({ width, height, pixels }: Sheet, palette: Palette): Uint8Array {
  const colors = ramp(palette)
  const data = new Uint8Array(width * height * 3)
  for (let i = 0; i < pixels.length; i++) {
    for (let c = 0; c < 3; c++) data[i * 3 + c] = colors[(pixels[i] ?? 0) * 4 + c] ?? 0
  }
  return encode({ width, height, data, channels: 3, depth: 8 })
}
