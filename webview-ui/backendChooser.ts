import type { Backend } from '../src/gan/ganEngine'
import type { Preferences } from '../src/gan/protocol/hostProtocol'
import type { TrainingSettings } from '../src/gan/settings'
import { fastestFirst, measureAll, needsMeasuring } from './backendChoice'
import type { HostLink } from './link/hostLink'
import type { StudioStore } from './studioState'
import type { Trainers } from './trainers'

/** Measures backends where nobody has yet, and remembers what was found and what the user prefers. */
export class BackendChooser {
  constructor(
    private readonly store: StudioStore,
    private readonly host: HostLink,
    private readonly trainers: Trainers,
  ) {}

  /** The user's choice, or those measured, the fastest first: the next is for when one fails after all. No run may be open. */
  async choose(settings: TrainingSettings): Promise<readonly Backend[]> {
    const { preferences } = this.store.state
    if (preferences.backend) return [preferences.backend]
    if (needsMeasuring(preferences.measured)) await this.measure(settings)
    return fastestFirst(this.store.state.preferences.measured)
  }

  /** Measures every backend. No run may be open: two engines at once would both be slower. */
  async measure(settings: TrainingSettings): Promise<void> {
    const measured = await measureAll(settings, (...asked) => this.trainers.measure(...asked), (measuring) => this.store.update({ measuring }))
    await this.remember({ measured })
  }

  /** @param backend undefined: the fastest measured */
  prefer(backend: Backend | undefined): Promise<void> {
    return this.remember({ backend })
  }

  private async remember(change: Partial<Preferences>): Promise<void> {
    const preferences = { ...this.store.state.preferences, ...change }
    this.store.update({ preferences })
    await this.host.call('remember', { preferences })
  }
}
