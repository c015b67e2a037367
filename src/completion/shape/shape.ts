import type { Caret } from '../context'
import type { Silence } from '../silence'
import { endsWithWordCharacter, startsWithWordCharacter, takeWords } from '../words'
import { proseEnd } from './artefacts'
import { balancedEnd } from './balance'
import { loopStart, repeatsSentence } from './loops'
import { overlapStart } from './overlap'

/** What is left of a continuation, or why nothing is. */
export type Shaped =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'nothing'; readonly why: Silence }

export interface ShapeLimits {
  readonly maxWords: number
  /** Fewer characters are not worth a key, nor are several without a letter. From one on, a lone full stop will do. */
  readonly minLength: number
}

/** Each rule shortens the text; the first that leaves nothing is the reason. */
type Rule = (text: string, caret: Caret) => { readonly end: number; readonly why: Silence }

const rules: readonly Rule[] = [
  (text) => ({ end: lineEnd(text), why: 'paragraph-end' }),
  (text, caret) => ({ end: proseEnd(text, caret.markup), why: 'garbage' }),
  (text, caret) => ({ end: closedEnd(text, caret), why: 'repeats-after' }),
  (text, caret) => ({ end: overlapStart(text, caret.after) ?? text.length, why: 'repeats-after' }),
  (text, caret) => ({ end: loopStart(caret.before, text) ?? text.length, why: 'repeats-before' }),
  (text, caret) => ({ end: balancedEnd(paragraphBefore(caret), text), why: 'unbalanced' }),
]

/**
 * What of a continuation may be shown at a caret. It can only get shorter, but for one space where the text after the
 * caret begins with a word. The result never begins with a second space, breaks no word, repeats neither what follows nor
 * what was just said, opens nothing that it does not close, and holds neither a line break nor markup.
 */
export function shape(continuation: string, caret: Caret, limits: ShapeLimits): Shaped {
  if (continuation === '') return { kind: 'nothing', why: 'unsure' }
  let text = singleSpaced(continuation, caret.before)
  for (const rule of rules) {
    const { end, why } = rule(text, caret)
    text = text.slice(0, end)
    if (text.trim() === '') return { kind: 'nothing', why }
  }
  text = takeWords(text, limits.maxWords).trimEnd()
  if (repeatsSentence(caret.before, text)) return { kind: 'nothing', why: 'repeats-before' }
  if (!joinsBefore(caret.before, text)) return { kind: 'nothing', why: 'does-not-join' }
  const joined = joinAfter(text, caret)
  if (joined === undefined) return { kind: 'nothing', why: 'does-not-join' }
  if (joined.trim().length < limits.minLength || (limits.minLength > 1 && !/[\p{L}\p{N}]/u.test(joined))) return { kind: 'nothing', why: 'too-short' }
  return { kind: 'text', text: joined }
}

function lineEnd(text: string): number {
  const end = text.search(/[\n\r]/)
  return end < 0 ? text.length : end
}

/** No space at the beginning of a line or after a space, and single ones inside. */
function singleSpaced(text: string, before: string): string {
  const single = text.replace(/[ \t\u00a0]+/g, ' ')
  return before === '' || /\s$/.test(before) ? single.replace(/^ /, '') : single
}

/** Where a suggestion ends that would write the mark that stands directly after the caret, as editors put it there in pairs. */
function closedEnd(text: string, caret: Caret): number {
  const closer = closerAfter(caret)
  if (closer === undefined) return text.length
  const open = '([{'.charAt(')]}'.indexOf(closer))
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    if (open !== '' && text[at] === open) depth++
    else if (text.startsWith(closer, at) && depth-- === 0) return at
  }
  return text.length
}

/** The mark behind the caret that closes something; between a space and a letter it opens what follows. */
function closerAfter({ before, after }: Caret): string | undefined {
  const mark = /^(?:[)\]}"”»’`]|\*+|_+)/.exec(after)?.[0]
  if (mark === undefined) return undefined
  const opens = /^["*_`]/.test(mark) && /^[^\s.,;:!?]/.test(after.slice(mark.length)) && !/\S$/.test(before)
  return opens ? undefined : mark
}

function paragraphBefore(caret: Caret): string {
  return caret.before.slice(caret.before.lastIndexOf('\n') + 1)
}

/** A new sentence does not begin directly behind the full stop of a word. */
function joinsBefore(before: string, text: string): boolean {
  return !(/\p{Ll}{2}[.,;:!?]$/u.test(before) && startsWithWordCharacter(text))
}

/**
 * The text with the space that the joint needs, or undefined when the two do not go together: a sentence that ends where
 * the writer's goes on.
 */
function joinAfter(text: string, caret: Caret): string | undefined {
  const { before, after } = caret
  if (after.trim() === '') return text
  const sentenceGoesOn = /^\s*(?:\p{Ll}|[,;:])/u.test(after)
  if (sentenceGoesOn && /[.!?]["”’)]*$/.test(text)) return undefined
  // The writer's own punctuation stands there already.
  if (/^[.,;:!?…]/.test(after)) return text.replace(/[.,;:!?…]+$/, '')
  if (/^\s/.test(after) || closerAfter(caret) !== undefined) return text
  // The caret stands directly before something that begins: a word, a bracket, a price.
  return startsWithWordCharacter(after) || !/\S$/.test(before) ? `${text} ` : text
}

/** True where letters stand on both sides of the caret. */
export function isInsideWord(caret: Pick<Caret, 'before' | 'after'>): boolean {
  return endsWithWordCharacter(caret.before) && startsWithWordCharacter(caret.after)
}
