import { imageSide, imageSize } from '../../src/gan/network'

/** A picture in grey levels, row-major. */
export interface Sheet {
  readonly width: number
  readonly height: number
  /** [height · width], 0 (paper) to 255 (ink) */
  readonly pixels: Uint8Array
}

export interface SheetOptions {
  readonly columns: number
  /** Screen pixels a picture's pixel takes. */
  readonly scale: number
  /** Empty pixels between pictures and around them. */
  readonly gap: number
}

/**
 * Lays pictures out in rows.
 * @param pictures [n, 784] grey levels
 */
export function makeSheet(pictures: Uint8Array, { columns, scale, gap }: SheetOptions): Sheet {
  const count = Math.floor(pictures.length / imageSize)
  const across = Math.max(1, Math.min(columns, count))
  const down = Math.max(1, Math.ceil(count / across))
  const cell = imageSide * scale + gap
  const width = across * cell + gap
  const height = down * cell + gap
  const pixels = new Uint8Array(width * height)
  for (let i = 0; i < count; i++) {
    const left = gap + (i % across) * cell
    const top = gap + Math.floor(i / across) * cell
    for (let y = 0; y < imageSide * scale; y++) {
      const from = i * imageSize + Math.floor(y / scale) * imageSide
      const to = (top + y) * width + left
      for (let x = 0; x < imageSide * scale; x++) pixels[to + x] = pictures[from + Math.floor(x / scale)] ?? 0
    }
  }
  return { width, height, pixels }
}
