/** What a queue needs to know of a checkpoint. */
interface Save {
  readonly step: number
  /** It may become the last good one, to which a remedy goes back. */
  readonly good: boolean
}

/**
 * One save at a time. While one is on its way only the newest of the others waits: a slow disk must not pile up
 * checkpoints of thirty megabytes.
 */
export class SaveQueue<S extends Save> {
  private waiting: S | undefined
  private current: Promise<void> | undefined

  constructor(
    private readonly write: (save: S) => Promise<unknown>,
    private readonly onSaved: (save: S) => void,
    private readonly onFailed: (error: unknown) => void,
  ) {}

  add(save: S): void {
    // A good checkpoint that waits is not given up for one that is not.
    if (!this.waiting?.good || save.good) this.waiting = save
    this.current ??= this.drain()
  }

  /** When everything that was added is written, or has failed. */
  async settled(): Promise<void> {
    await this.current
  }

  private async drain(): Promise<void> {
    while (this.waiting) {
      const save = this.waiting
      this.waiting = undefined
      try {
        await this.write(save)
        this.onSaved(save)
      } catch (error) {
        this.onFailed(error)
      }
    }
    this.current = undefined
  }
}
