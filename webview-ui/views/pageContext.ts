import type { Theme } from '../pictures/palette'
import type { Studio } from '../studio'
import type { StudioStore, TabName } from '../studioState'

/** What a view gets. */
export interface PageContext {
  readonly studio: Studio
  readonly store: StudioStore
  readonly theme: Theme
  /** Shows another tab. */
  readonly goTo: (tab: TabName) => void
}
