/**
 * Text that is read in slices, so that a long document is not copied at every keystroke. Offsets are UTF-16 units. A view
 * is a snapshot: whoever makes it makes another one after an edit.
 */
export interface TextView {
  readonly length: number
  /** The text of [from, to); both are clamped by the caller to [0, length]. */
  slice(from: number, to: number): string
}

/** A string as a view. */
export function textOf(text: string): TextView {
  return { length: text.length, slice: (from, to) => text.slice(from, to) }
}

/** `view` as it would read with [from, to) replaced by `text`. */
export function withReplacement(view: TextView, from: number, to: number, text: string): TextView {
  const shift = text.length - (to - from)
  const end = from + text.length
  return {
    length: view.length + shift,
    slice(start, stop) {
      const before = start < from ? view.slice(start, Math.min(stop, from)) : ''
      const inside = text.slice(Math.max(0, start - from), Math.max(0, Math.min(stop, end) - from))
      const after = stop > end ? view.slice(Math.max(start, end) - shift, stop - shift) : ''
      return before + inside + after
    },
  }
}

/** One line and where it stands; without its line break. */
export interface Line {
  readonly from: number
  readonly to: number
  readonly text: string
}

/** Longer lines are cut at this distance from the caret; no rule here looks further. */
const longestLine = 20_000

/** The line that holds `offset`. Of a very long line only the part around `offset`. */
export function lineAt(view: TextView, offset: number): Line {
  const before = view.slice(Math.max(0, offset - longestLine), offset)
  const after = view.slice(offset, Math.min(view.length, offset + longestLine))
  const start = Math.max(before.lastIndexOf('\n'), before.lastIndexOf('\r')) + 1
  const end = after.search(/[\r\n]/)
  const from = offset - (before.length - start)
  const to = end < 0 ? offset + after.length : offset + end
  return { from, to, text: before.slice(start) + (end < 0 ? after : after.slice(0, end)) }
}

/** Line breaks as `\n`. */
export function normalizeBreaks(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text
}
