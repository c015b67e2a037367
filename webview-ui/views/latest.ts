/**
 * Runs one request at a time; while it runs only the newest wish is remembered. A slider asks faster than a generator
 * draws, and only its last position matters.
 */
export class Latest {
  private running = false
  private next: ((isCurrent: () => boolean) => Promise<void>) | undefined

  async run(work: (isCurrent: () => boolean) => Promise<void>): Promise<void> {
    this.next = work
    if (this.running) return
    this.running = true
    while (this.next) {
      const now: (isCurrent: () => boolean) => Promise<void> = this.next
      this.next = undefined
      try {
        await now(() => this.next === undefined)
      } catch {
        // The run was closed meanwhile: there is nothing to draw any more.
      }
    }
    this.running = false
  }
}
