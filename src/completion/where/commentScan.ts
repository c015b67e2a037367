import type { CommentSyntax, StringSyntax } from './commentSyntax'

/** What is open at some point of a program. */
export type CodeState =
  | { readonly kind: 'code' }
  /** Begun so many lines before, in this column. */
  | { readonly kind: 'block'; readonly close: string; readonly lines: number; readonly column: number }
  | { readonly kind: 'string'; readonly string: StringSyntax }
  /** Only within a line. */
  | { readonly kind: 'line'; readonly open: string }

export const inCode: CodeState = { kind: 'code' }

/** Where a state began on the line that was read, or -1 when it began before. */
export interface Scanned {
  readonly state: CodeState
  readonly from: number
}

/** Reads one line, or the part of one before a caret. */
export function scanCode(syntax: CommentSyntax, before: CodeState, line: string): Scanned {
  let state = before
  let from = -1
  let at = 0
  while (at < line.length) {
    if (state.kind === 'line') break
    if (state.kind !== 'code') {
      const end = state.kind === 'block' ? line.indexOf(state.close, at) : stringEnd(line, at, state.string)
      if (end < 0) break
      at = end + (state.kind === 'block' ? state.close : state.string.close).length
      state = inCode
      continue
    }
    const opened = openedAt(syntax, line, at)
    if (!opened) at++
    else {
      at += opened.length
      if (opened.state.kind !== 'code') from = at
      state = opened.state.kind === 'block' ? { ...opened.state, column: at } : opened.state
    }
  }
  return { state, from: state.kind === 'code' ? -1 : from }
}

/** The state at the beginning of the next line. */
export function nextCode(syntax: CommentSyntax, before: CodeState, line: string): CodeState {
  const { state } = scanCode(syntax, before, line)
  if (state.kind === 'block') return { ...state, lines: state.lines + 1 }
  return state.kind === 'string' && state.string.multiline ? state : inCode
}

function openedAt(syntax: CommentSyntax, line: string, at: number): { readonly state: CodeState; readonly length: number } | undefined {
  const doc = syntax.docStrings.find((mark) => line.startsWith(mark, at))
  // Documentation is a string that is a statement, perhaps with a prefix.
  if (doc !== undefined && /^\s*[rRuU]?$/.test(line.slice(0, at))) return { state: blockClosedBy(doc), length: doc.length }
  const block = syntax.block.find(([open]) => line.startsWith(open, at))
  if (block) return { state: blockClosedBy(block[1]), length: block[0].length }
  const open = syntax.line.find((mark) => line.startsWith(mark, at) && (mark !== '#' || at === 0 || /\s/.test(line[at - 1] ?? '')))
  if (open !== undefined) return { state: { kind: 'line', open }, length: open.length }
  const string = syntax.strings.find((candidate) => line.startsWith(candidate.open, at))
  if (string) return { state: { kind: 'string', string }, length: string.open.length }
  const regex = syntax.regexLiterals && line[at] === '/' ? regexLength(line, at) : 0
  return regex > 0 ? { state: inCode, length: regex } : undefined
}

function blockClosedBy(close: string): CodeState {
  return { kind: 'block', close, lines: 0, column: 0 }
}

function stringEnd(line: string, from: number, string: StringSyntax): number {
  for (let at = from; at < line.length; at++) {
    if (line.startsWith(string.close, at)) {
      // A doubled quotation mark stands for one.
      if (string.escape !== string.close || !line.startsWith(string.close, at + 1)) return at
      at++
    } else if (line[at] === string.escape) at++
  }
  return -1
}

/** Further back nothing decides whether a value may begin. */
const nearby = 16

/** A regular expression begins where a value may begin, and ends on its line. */
function regexLength(line: string, at: number): number {
  if (!/(?:^|[=(,:[!&|?{};+*%~^<>-]|\b(?:return|case|typeof|in|of))\s*$/.test(line.slice(Math.max(0, at - nearby), at)) || (at > nearby && line.slice(at - nearby, at).trim() === '')) return 0
  return /^\/(?![*/])(?:[^\\/[]|\\.|\[(?:[^\]\\]|\\.)*\])+\//.exec(line.slice(at))?.[0].length ?? 0
}
