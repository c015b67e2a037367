import { windowStart } from './context'
import { Recent } from './recent'
import type { ProseDocument, ProseLanguage, ProseRegion } from './where/place'

/** So much is read before the context window, and so much behind the paragraph. */
const farthestBack = 48_000
const farthestOn = 16_000

/** Where reading begins moves in such steps, so that it stays where it is while someone types. */
const step = 16_000

/** A part of a document as it stands and as it flows. */
interface Part {
  readonly raw: string
  readonly flowing: string
}

interface Parts {
  readonly earlier: Part
  readonly later: Part
}

const nothing: Part = { raw: '', flowing: '' }
const documentsKept = 4

/**
 * The text of a document that the model does not read: what stands before its window, and what stands behind the caret's
 * paragraph. Its names and terms are to come easily. It seldom changes while someone types, and is read anew only then.
 */
export class Background {
  private readonly kept = new Recent<Parts>(documentsKept)

  /** @param budget as for `readCaret` */
  read(language: ProseLanguage, document: ProseDocument, region: ProseRegion, offset: number, budget: number): string {
    const window = windowStart(document.text, region.from, offset, budget)
    const steps = Math.max(0, Math.ceil((window - region.from - farthestBack) / step))
    const known = this.kept.get(document.id)
    const earlier = partOf(language, document, region.from + steps * step, window, known?.earlier)
    // What stands behind a comment is code.
    const later = language.kind === 'comments' ? nothing : partOf(language, document, region.paragraphEnd, region.paragraphEnd + farthestOn, known?.later)
    this.kept.set(document.id, { earlier, later })
    return `${later.flowing}\n\n${earlier.flowing}`.trimStart()
  }
}

function partOf(language: ProseLanguage, document: ProseDocument, from: number, to: number, known: Part = nothing): Part {
  const end = Math.min(to, document.text.length)
  const raw = from < end ? document.text.slice(from, end) : ''
  return raw === known.raw ? known : { raw, flowing: language.flow(document, from, end) }
}
