import type { TextView } from './textView'
import type { ProseDocument, ProseLanguage, ProseRegion } from './where/place'

/** The text around a caret as the rules and the model read it: every paragraph on one line. */
export interface Caret {
  /** From the start of the context window to the caret. */
  readonly before: string
  /** The rest of the paragraph, as far as it matters. */
  readonly after: string
  readonly unit: ProseRegion['unit']
  readonly markup: ProseLanguage['markup']
}

/** What stands further behind the caret decides nothing. */
const farthestAfter = 400

/** Reads the text around `offset`, at most about `budget` characters of what stands before it. */
export function readCaret(language: ProseLanguage, document: ProseDocument, region: ProseRegion, offset: number, budget: number): Caret {
  const from = windowStart(document.text, region.from, offset, budget)
  const before = language.flow(document, from, offset).replace(/^\s+/, '')
  const to = Math.min(region.paragraphEnd, offset + farthestAfter)
  return { before, after: flowAfter(language, document, from, offset, to, before), unit: region.unit, markup: language.markup }
}

/**
 * What follows the caret reads as it does in one piece with what stands before it, because only then is it known whether
 * a line break at the caret is one.
 */
function flowAfter(language: ProseLanguage, document: ProseDocument, from: number, offset: number, to: number, before: string): string {
  if (to <= offset) return ''
  const whole = language.flow(document, from, to).replace(/^\s+/, '')
  const after = whole.startsWith(before) ? whole.slice(before.length) : language.flow(document, offset, to)
  // Joining finds one space enough, on whichever side of the caret it stands; there is one behind it all the same.
  const space = /\s/.test(document.text.slice(offset, offset + 1))
  return space && /^\S/.test(after) ? ` ${after}` : after
}

/**
 * Where the context window begins. It holds between a half and the whole of `budget` and moves in steps of a half, so
 * that while someone types the text before the caret begins at the same place and the model's key/value rows stay good.
 * It begins with a paragraph, or a sentence, or at least a word.
 */
export function windowStart(text: TextView, from: number, offset: number, budget: number): number {
  const half = Math.max(1, Math.floor(budget / 2))
  const steps = Math.floor((offset - from) / half)
  if (steps < 2) return from
  const earliest = from + (steps - 1) * half
  const head = text.slice(earliest, earliest + Math.floor(half / 2))
  return earliest + boundaryIn(head)
}

const boundaries = [/\n[ \t]*\r?\n\s*(?=\S)/, /[.!?]["”’)\]]*\s+(?=\S)/, /\s+(?=\S)/]

function boundaryIn(head: string): number {
  for (const boundary of boundaries) {
    const match = boundary.exec(head)
    if (match) return match.index + match[0].length
  }
  return 0
}

/**
 * How many characters to read for a context of `tokens` tokens of which `reserved` are kept for the answer. A context
 * that is too long would be cut by the engine at another place at every keystroke, so the estimate is on the safe side:
 * three characters a token for ASCII, fewer the more other characters there are (bytes that the vocabulary may not join).
 */
export function characterBudget(text: TextView, offset: number, tokens: number, reserved: number): number {
  const room = Math.max(32, tokens - reserved) * 3
  const sample = text.slice(Math.max(0, offset - room), offset)
  let others = 0
  for (let index = 0; index < sample.length; index++) if (sample.charCodeAt(index) > 0x7f) others++
  const share = sample.length === 0 ? 0 : others / sample.length
  return Math.floor(share > 0.4 ? room / 6 : share > 0.1 ? room / 3 : room)
}
