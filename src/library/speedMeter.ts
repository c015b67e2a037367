/** Speed over the last seconds, and what it means for the rest. */
export class SpeedMeter {
  private readonly samples: { readonly atMs: number; readonly bytes: number }[] = []

  /** @param windowMs how far back it looks */
  constructor(private readonly windowMs = 5000) {}

  /** @param bytes all that has arrived; less than before when something begins again */
  add(atMs: number, bytes: number): void {
    const last = this.samples.at(-1)
    if (last !== undefined && bytes < last.bytes) this.samples.length = 0
    this.samples.push({ atMs, bytes })
    // One sample older than the window stays, so that there is something to measure from.
    while (this.samples.length > 2 && (this.samples[1]?.atMs ?? 0) <= atMs - this.windowMs) this.samples.shift()
  }

  /** Measures anew from the next sample on. */
  forget(): void {
    this.samples.length = 0
  }

  /** Undefined until a second has been seen. */
  bytesPerSecond(atMs: number): number | undefined {
    const [first, last] = [this.samples[0], this.samples.at(-1)]
    if (first === undefined || last === undefined || atMs - first.atMs < 1000) return undefined
    return ((last.bytes - first.bytes) * 1000) / (atMs - first.atMs)
  }
}

/** Seconds until `left` bytes are there, or undefined when it does not move. */
export function secondsLeft(left: number, bytesPerSecond: number | undefined): number | undefined {
  return bytesPerSecond === undefined || bytesPerSecond < 1 ? undefined : left / bytesPerSecond
}
