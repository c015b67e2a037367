import type { HostCalls } from '../src/gan/protocol/hostProtocol'

type Save = HostCalls['saveCheckpoint']['ask']

/**
 * One save at a time. While one is on its way only the newest of the others waits: a slow disk must not pile up
 * checkpoints of thirty megabytes.
 */
export class SaveQueue {
  onSaved: (step: number) => void = () => {}
  onFailed: (error: unknown) => void = () => {}
  private waiting: Save | undefined
  private current: Promise<void> | undefined

  constructor(private readonly write: (save: Save) => Promise<void>) {}

  add(save: Save): void {
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
        this.onSaved(save.step)
      } catch (error) {
        this.onFailed(error)
      }
    }
    this.current = undefined
  }
}
