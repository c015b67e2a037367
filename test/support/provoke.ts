import type { Workbench } from './workbench'

/** Beginnings that models of English go on with; of which of them one is sure depends on the model. */
const openings = [
  'There was nothing to be done, and so they sat at the end of',
  'She looked at him for a long time, and then she went to the door and',
  'At the beginning of the year, one of the most important',
  'He did not know what to say, and for the first',
  'In the middle of the night he heard the sound of',
]

/** Grey words behind what was typed. */
export interface Provoked {
  readonly typed: string
  readonly ghost: string
}

/**
 * Writes the beginning of a paragraph, and another where the model is not sure of that one, until it suggests something
 * that fits.
 * @param heading stands above the paragraph
 * @param how asked: by the key for suggestions, which are longer
 */
export async function provoke(workbench: Workbench, heading: string, how: { readonly asked?: boolean; readonly fits?: (ghost: string) => boolean } = {}): Promise<Provoked> {
  for (const typed of openings) {
    await workbench.press('ControlOrMeta+a', 'Delete')
    await workbench.type(heading + typed, 10)
    if (how.asked === true) await workbench.press('Escape', 'Alt+Backslash')
    const ghost = await workbench.waitForGhostText(5_000).catch(() => '') // the next beginning is tried
    if (ghost !== '' && how.fits?.(ghost) !== false) return { typed, ghost }
  }
  throw new Error('The model is not sure of any of the beginnings.')
}
