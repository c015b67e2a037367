/** Text that passes until one of several strings appears in it. */
export class StopStrings {
  private held = ''
  private found = false
  private readonly stops: readonly string[]

  /** Empty strings are left out. */
  constructor(stops: readonly string[]) {
    this.stops = stops.filter((stop) => stop !== '')
  }

  /** A stop string has appeared; no text passes any more. */
  get stopped(): boolean {
    return this.found
  }

  /** @returns what can no longer be part of a stop string, up to the first one */
  push(text: string): string {
    if (this.found) return ''
    this.held += text
    const positions = this.stops.map((stop) => this.held.indexOf(stop)).filter((position) => position >= 0)
    if (positions.length > 0) {
      this.found = true
      return this.take(Math.min(...positions))
    }
    return this.take(this.held.length - this.longestBeginning())
  }

  /** The text ends: what was held back comes out. */
  end(): string {
    return this.found ? '' : this.take(this.held.length)
  }

  private take(length: number): string {
    const taken = this.held.slice(0, length)
    this.held = this.held.slice(length)
    return taken
  }

  /** How much of the end of `held` may be the beginning of a stop string. */
  private longestBeginning(): number {
    let longest = 0
    for (const stop of this.stops) {
      for (let length = Math.min(stop.length - 1, this.held.length); length > longest; length--) {
        if (this.held.endsWith(stop.slice(0, length))) longest = length
      }
    }
    return longest
  }
}
