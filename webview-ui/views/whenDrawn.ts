import type { StudioState } from '../studioState'

/** What a view of the generator's pictures follows: its tab, its run, and the frames as the generator learns. */
export function whenDrawn({ tab, open, frames }: Readonly<StudioState>): [boolean, string | undefined, number] {
  return [tab === 'play', open?.summary.id, tab === 'play' ? frames.length : 0]
}
