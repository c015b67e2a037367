import { imageSize } from './network'

/** How many fixed latent vectors are drawn again and again: four rows of ten. */
export const showcaseCount = 40

const maximumFrames = 128

export interface Frame {
  readonly step: number
  /** [showcaseCount, 784] grey levels */
  readonly pixels: Uint8Array
}

/**
 * The same latent vectors drawn at step 0, then at rising steps: what the time slider scrubs through. When the list is
 * full, every second frame goes and the distance doubles; the first frame and every frame on the grid stay.
 */
export class Frames {
  private readonly list: Frame[] = []

  constructor(private distance: number) {}

  get every(): number {
    return this.distance
  }

  get all(): readonly Frame[] {
    return this.list
  }

  /** Whether a frame of this step belongs into the list. */
  wants(step: number): boolean {
    return step % this.distance === 0 && (this.list.at(-1)?.step ?? -1) < step
  }

  add(frame: Frame): void {
    this.list.push(frame)
    if (this.list.length < maximumFrames) return
    this.distance *= 2
    const kept = this.list.filter(({ step }) => step % this.distance === 0)
    this.list.splice(0, this.list.length, ...kept)
  }

  static restore(every: number, steps: readonly number[], pixels: Uint8Array): Frames {
    const frames = new Frames(every)
    const size = showcaseCount * imageSize
    steps.forEach((step, i) => frames.list.push({ step, pixels: pixels.slice(i * size, (i + 1) * size) }))
    return frames
  }
}
