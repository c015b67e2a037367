import { LineLanguage, type LineGrammar } from './lineLanguage'
import type { NotProse } from './place'
import { looksWrapped } from './wrap'

/** What is known at the beginning of a line of a commit message. */
interface CommitState {
  /** The first line with text is the subject. */
  readonly hasSubject: boolean
  /** Below the line that git cuts at there is a diff. */
  readonly cut: boolean
}

const scissors = /^# -+ >8 -+/
const trailer = /^(?:[A-Z][a-z]+(?:-[A-Za-z]+)+|Fixes|Closes|Refs|Resolves|See|Bug|Cc|CC): /
const beginsBlock = /^\s*(?:[-*+•]\s|\d+[.)]\s|#|[A-Z][a-z]+(?:-[A-Za-z]+)+: )/

/** @param commentLines whether git takes lines with `#` out; a commit box sends them as they are */
function grammar(commentLines: boolean): LineGrammar<CommitState> {
  const isComment = (line: string): boolean => commentLines && line.startsWith('#')
  const reason = (state: CommitState, before: string): NotProse | undefined => {
    if (state.cut) return 'diff'
    if (isComment(before)) return 'comment'
    return trailer.test(before) ? 'trailer' : undefined
  }
  return {
    markup: 'none',
    start: { hasSubject: false, cut: false },
    next: (state, line) => ({
      hasSubject: state.hasSubject || (line.trim() !== '' && !isComment(line)),
      cut: state.cut || (commentLines && scissors.test(line)),
    }),
    reason: (state, { before }) => reason(state, before),
    isHeading: (state) => !state.hasSubject,
    // The body is wrapped by hand; a short line stays one.
    joins: (previous, line) => !beginsBlock.test(line) && looksFull(previous, line),
    isHidden: isComment,
  }
}

/** The width that bodies are wrapped at is 72 by custom. */
function looksFull(previous: string, line: string): boolean {
  const word = /^\s*(\S*)/.exec(line)?.[1] ?? ''
  return word === '' ? looksWrapped(previous) : previous.length + 1 + word.length > 66
}

/** A commit message that git opened in an editor, with its comments and perhaps a diff. */
export function commitMessage(): LineLanguage<CommitState> {
  return new LineLanguage(grammar(true))
}

/** The box in which an editor takes a commit message: every line counts. */
export function commitBox(): LineLanguage<CommitState> {
  return new LineLanguage(grammar(false))
}
