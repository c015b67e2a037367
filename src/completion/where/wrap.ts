import type { TextView } from '../textView'

/** A paragraph is followed this far at most; what stands further away decides nothing. */
const farthest = 2_000

/** From the end of a line: where the block of lines that are not blank ends. */
export function paragraphEndAfter(text: TextView, lineEnd: number): number {
  const following = text.slice(lineEnd, Math.min(text.length, lineEnd + farthest))
  const blank = /\r?\n[ \t]*(?:\r?\n|$)/.exec(following)
  return blank ? lineEnd + blank.index : lineEnd + following.trimEnd().length
}

/** Lines narrower than this are verse or notes, wider ones are not wrapped by hand. */
const narrowest = 55
const widest = 132

/**
 * Joins lines that were broken because the next word did not fit: the first word of the next line would have passed the
 * width of the paragraph's longest line.
 */
export function unwrapByWidth(text: string): string {
  return text.split(/(\n[ \t]*\n\s*)/).map((part, index) => (index % 2 === 1 ? part : unwrapParagraph(part))).join('')
}

function unwrapParagraph(paragraph: string): string {
  if (!paragraph.includes('\n')) return paragraph
  const lines = paragraph.split('\n')
  const width = Math.max(...lines.map((line) => line.length))
  if (width < narrowest || width > widest) return paragraph
  let joined = lines[0] ?? ''
  for (const [index, line] of lines.entries()) {
    if (index === 0) continue
    const previous = lines[index - 1] ?? ''
    const word = /^\S*/.exec(line)?.[0] ?? ''
    const full = word === '' ? previous.length >= width - 12 : previous.length + 1 + word.length > width
    joined = full && !startsBlock(line) ? joinLines(joined, line) : `${joined}\n${line}`
  }
  return joined
}

/** One space where the break was. */
export function joinLines(before: string, after: string): string {
  return `${before.trimEnd()} ${after.trimStart()}`
}

/** A list item, a heading, a quotation or an indented line begins something of its own. */
function startsBlock(line: string): boolean {
  return /^(?:\s|[-*+•–]\s|\d{1,3}[.)]\s|#{1,6}\s|>|\|)/.test(line)
}

/** Whether a line was broken because it was full: long enough, and in the middle of a sentence. */
export function looksWrapped(line: string): boolean {
  return line.trimEnd().length >= narrowest && !/[.!?:][*_"”’)\]]*$/.test(line.trimEnd())
}
