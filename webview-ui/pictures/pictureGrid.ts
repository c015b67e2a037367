import { imageSide, imageSize } from '../../src/gan/network'
import { h } from '../dom'
import { ramp, type Palette } from './palette'

/** Pictures in rows on one canvas; the style sheet makes it larger, with hard pixel edges. */
export class PictureGrid {
  readonly element: HTMLCanvasElement
  private readonly context: CanvasRenderingContext2D | null
  private again = (): void => {}

  /** @param columns pictures a row @param gap pixels between, of the pictures' own size */
  constructor(
    private readonly columns: number,
    private readonly gap = 2,
  ) {
    this.element = h('canvas', { class: 'pictures', role: 'img' })
    this.context = this.element.getContext('2d')
    // What was drawn is gone when the browser loses its graphics processor and finds it again.
    this.element.addEventListener('contextrestored', () => this.again())
  }

  /**
   * @param pictures [n, 784] grey levels
   * @param label what a screen reader says
   */
  draw(pictures: Uint8Array, palette: Palette, label: string): void {
    const { context, element, columns, gap } = this
    if (!context) return
    this.again = () => this.draw(pictures, palette, label)
    const count = Math.floor(pictures.length / imageSize)
    const across = Math.max(1, Math.min(columns, count))
    const down = Math.max(1, Math.ceil(count / across))
    const width = across * (imageSide + gap) - gap
    const height = down * (imageSide + gap) - gap
    if (element.width !== width || element.height !== height) {
      element.width = width
      element.height = height
      element.style.aspectRatio = `${width} / ${height}`
    }
    element.setAttribute('aria-label', label)
    context.clearRect(0, 0, width, height)
    const colors = ramp(palette)
    const tile = context.createImageData(imageSide, imageSide)
    for (let i = 0; i < count; i++) {
      for (let p = 0; p < imageSize; p++) {
        const grey = (pictures[i * imageSize + p] ?? 0) * 4
        for (let c = 0; c < 4; c++) tile.data[p * 4 + c] = colors[grey + c] ?? 255
      }
      context.putImageData(tile, (i % across) * (imageSide + gap), Math.floor(i / across) * (imageSide + gap))
    }
  }

  clear(): void {
    this.again = () => {}
    this.context?.clearRect(0, 0, this.element.width, this.element.height)
  }
}
