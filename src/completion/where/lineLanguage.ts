import { lineAt, normalizeBreaks, type Line, type TextView } from '../textView'
import { LineStates, type LineMachine } from './lineStates'
import { other, prose, type NotProse, type Place, type ProseDocument, type ProseLanguage } from './place'
import { joinLines } from './wrap'

/** The caret's line, and the next for languages that underline their headings. */
export interface CaretLine {
  readonly before: string
  readonly after: string
  readonly next: string
}

/** A markup language that is read line by line. */
export interface LineGrammar<S> extends LineMachine<S> {
  readonly markup: ProseLanguage['markup']
  /** Why there is no prose at the caret, or nothing. */
  reason(state: S, line: CaretLine): NotProse | undefined
  isHeading(state: S, line: CaretLine): boolean
  /** Whether `line` goes on with the paragraph of `previous`; both have letters. */
  joins(previous: string, line: string): boolean
  /** A line that nobody reads as text: a comment. */
  isHidden(line: string): boolean
}

/** Behind the caret no paragraph is followed further. */
const farthestLines = 40

/** Prose in a language that is read line by line. */
export class LineLanguage<S> implements ProseLanguage {
  readonly kind = 'document'
  readonly markup: ProseLanguage['markup']
  private readonly states: LineStates<S>

  constructor(private readonly grammar: LineGrammar<S>) {
    this.markup = grammar.markup
    this.states = new LineStates(grammar)
  }

  place(document: ProseDocument, offset: number): Place {
    const line = lineAt(document.text, offset)
    const state = this.states.at(document, offset)
    const caret = { before: line.text.slice(0, offset - line.from), after: line.text.slice(offset - line.from), next: nextLine(document.text, line)?.text ?? '' }
    const why = this.grammar.reason(state, caret)
    if (why) return other(why)
    const heading = this.grammar.isHeading(state, caret)
    return prose({ from: 0, paragraphEnd: heading || line.text.trim() === '' ? line.to : this.paragraphEnd(document.text, line), unit: heading ? 'line' : 'sentence' })
  }

  /**
   * Lines of blocks that are no prose stay lines. The last line may be one that was just begun: without a letter in it, it
   * goes on with the paragraph when the line before it was full.
   */
  flow(document: ProseDocument, from: number, to: number): string {
    const lines = normalizeBreaks(document.text.slice(from, to)).split('\n')
    let state = this.states.at(document, from)
    let result: string | undefined
    let previous = ''
    for (const [index, line] of lines.entries()) {
      const last = index === lines.length - 1
      const isProse = this.beginsInProse(state, line)
      state = this.grammar.next(state, line)
      if (!last && isProse && this.grammar.isHidden(line)) continue
      const goesOn = isProse && previous.trim() !== '' && (last || line.trim() !== '') && this.grammar.joins(previous, line)
      result = result === undefined ? line : goesOn ? joinLines(result, line) : `${result}\n${line}`
      previous = isProse ? line : ''
    }
    return result ?? ''
  }

  private beginsInProse(state: S, line: string): boolean {
    const before = /^\s*/.exec(line)?.[0] ?? ''
    return this.grammar.reason(state, { before, after: line.slice(before.length), next: '' }) === undefined
  }

  private paragraphEnd(text: TextView, line: Line): number {
    let last = line
    for (let count = 0; count < farthestLines; count++) {
      const next = nextLine(text, last)
      if (!next || next.text.trim() === '' || !this.grammar.joins(last.text, next.text)) break
      last = next
    }
    return last.to
  }
}

function nextLine(text: TextView, line: Line): Line | undefined {
  if (line.to >= text.length) return undefined
  const start = line.to + (text.slice(line.to, line.to + 2) === '\r\n' ? 2 : 1)
  return start > text.length ? undefined : lineAt(text, start)
}
