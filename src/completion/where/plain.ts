import { lineAt, normalizeBreaks, type TextView } from '../textView'
import { paragraphEndAfter, unwrapByWidth } from './wrap'
import { prose, type ProseLanguage } from './place'

/** Plain text: everything is prose. Lines are joined only where they look wrapped: a poem or an address keeps its lines. */
export const plainText: ProseLanguage = {
  kind: 'document',
  markup: 'none',
  place: ({ text }, offset) => prose({ from: 0, paragraphEnd: plainParagraphEnd(text, offset), unit: 'sentence' }),
  flow: ({ text }, from, to) => unwrapByWidth(normalizeBreaks(text.slice(from, to))),
}

/** The end of the caret's paragraph when it goes on beyond the caret's line, else of the line. */
export function plainParagraphEnd(text: TextView, offset: number): number {
  const line = lineAt(text, offset)
  return line.text.trim() === '' ? line.to : paragraphEndAfter(text, line.to)
}
