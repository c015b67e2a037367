import { toInklingError } from '../src/base/errors'
import type { RunSummary } from '../src/gan/runs'
import type { HostLink } from './link/hostLink'
import type { StudioStore } from './studioState'

/** What the page has to say: what went wrong, what it is busy with, and what only a screen reader needs to be told. */
export class Notices {
  /** Tells a screen reader. */
  announce: (text: string) => void = () => {}

  constructor(
    private readonly store: StudioStore,
    private readonly host: HostLink,
  ) {}

  /** @param reopen a run that was lost by it */
  fail(error: unknown, reopen?: RunSummary): void {
    const known = toInklingError(error)
    this.store.update({ notice: { kind: 'error', text: `${known.message} ${known.remedy.hint}`, reopen } })
    this.host.tell({ type: 'log', level: 'error', text: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }

  dismiss(): void {
    this.store.update({ notice: undefined })
  }

  /** Runs `work`; what fails becomes a notice. @returns whether it succeeded */
  async attempt(busy: string | undefined, work: () => Promise<unknown>): Promise<boolean> {
    if (busy !== undefined) this.store.update({ busy })
    try {
      await work()
      return true
    } catch (error) {
      this.fail(error)
      return false
    } finally {
      if (busy !== undefined) this.store.update({ busy: undefined, measuring: [] })
      if (this.store.state.phase === 'opening') this.store.update({ phase: 'closed' })
    }
  }
}
