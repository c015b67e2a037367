import { GIFEncoder } from 'gifenc'
import { ramp, type Palette } from '../pictures/palette'
import type { Sheet } from '../pictures/sheet'

export interface FilmOptions {
  readonly palette: Palette
  readonly frameMs: number
  /** How long the last frame stands before the film begins again. */
  readonly lastMs: number
}

/** Grey levels a GIF needs: fewer, and the file is half as large; the eye does not tell. */
const levels = 32

/** An endless GIF. All sheets have the size of the first. */
export function encodeFilm(sheets: readonly Sheet[], { palette, frameMs, lastMs }: FilmOptions): Uint8Array {
  const colors = ramp(palette)
  const table = Array.from({ length: levels }, (_, level) => {
    const grey = Math.round((level * 255) / (levels - 1)) * 4
    return [colors[grey] ?? 0, colors[grey + 1] ?? 0, colors[grey + 2] ?? 0] as const
  })
  const encoder = GIFEncoder()
  sheets.forEach(({ width, height, pixels }, i) => {
    const indices = pixels.map((grey) => Math.round((grey * (levels - 1)) / 255))
    encoder.writeFrame(indices, width, height, { ...(i === 0 && { palette: table, repeat: 0 }), delay: i === sheets.length - 1 ? lastMs : frameMs })
  })
  encoder.finish()
  return encoder.bytes()
}
