import type { TextView } from '../textView'

/** A part of a document, read around a caret. */
export interface DocumentWindow {
  readonly from: number
  readonly text: string
}

/** A document is read from its beginning when the caret is not further in than this. */
const farthestStart = 192 * 1024

/** Where a window begins that cannot begin at the document's start; it stays there until the caret leaves these bounds. */
const usualStart = 96 * 1024
const nearestStart = 32 * 1024

const behind = 16 * 1024

/**
 * The part of a document that decides about a caret.
 * @param earlier where the window of this document began the last time
 */
export function windowAround(view: TextView, offset: number, earlier: number | undefined): DocumentWindow {
  const from = windowStart(view, offset, earlier)
  const furthest = Math.min(view.length, offset + behind)
  const text = view.slice(from, furthest)
  if (furthest === view.length) return { from, text }
  // Half a line would parse as something else.
  const lineEnd = text.lastIndexOf('\n')
  return { from, text: lineEnd > offset - from ? text.slice(0, lineEnd + 1) : text }
}

function windowStart(view: TextView, offset: number, earlier: number | undefined): number {
  if (offset <= farthestStart) return 0
  if (earlier !== undefined && earlier > 0 && offset - earlier >= nearestStart && offset - earlier <= farthestStart) return earlier
  const from = offset - usualStart
  const text = view.slice(from, from + usualStart - nearestStart)
  const heading = /\n[ \t]*\r?\n(?=#{1,6} |\\(?:chapter|section)|=+ )/.exec(text)
  const blank = heading ?? /\n[ \t]*\r?\n/.exec(text)
  const start = blank ? blank.index + blank[0].length : 0
  return from + start + openFence(text.slice(start))
}

/**
 * A window may begin inside a code fence. Only an opening fence carries the name of a language, so the fences that follow
 * tell: when every second from the second on has a name, the first one closes.
 * @returns where the text begins that is outside
 */
function openFence(text: string): number {
  const fences = [...text.matchAll(/^ {0,3}(?:`{3,}|~{3,})[ \t]*([^\r\n]*)(?:\r?\n|$)/gm)]
  const named = (parity: number): number => fences.filter((fence, index) => index % 2 === parity && fence[1] !== '').length
  const first = fences[0]
  return first && named(1) > named(0) ? first.index + first[0].length : 0
}
