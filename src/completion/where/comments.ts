import { lineAt, normalizeBreaks, type Line, type TextView } from '../textView'
import { inCode, nextCode, scanCode, type CodeState, type Scanned } from './commentScan'
import type { CommentSyntax } from './commentSyntax'
import { LineStates } from './lineStates'
import { other, prose, type Place, type ProseDocument, type ProseLanguage } from './place'
import { joinLines } from './wrap'

/** A comment is followed so many lines up and down. */
const farthestLines = 200

/** What stands before the text of a line in a comment. */
const leader = /^[ \t]*(?:\/\/+!?|\/\*+!?|\*+(?!\/)|#+!?|--+|;+|%+|'(?=\s))?[ \t]?/

/** Comments that speak to a tool: switches, keys, licences. */
const forTools = /^\s*(?:eslint|@ts-|ts-|tslint|prettier-|istanbul|c8 |v8 |noqa|type:|pylint|mypy|ruff|fmt:|isort|pragma|nolint|go:|region|endregion|#region|\$|!|vim:|-\*-|SPDX|sourceMappingURL|cspell|biome-|deno-|@vite|webpack|jshint|flow)/i

/** The comments of a program; the program itself is none of ours. */
export class CodeComments implements ProseLanguage {
  readonly kind = 'comments'
  readonly markup = 'none'
  private readonly states: LineStates<CodeState>

  constructor(private readonly syntax: CommentSyntax) {
    this.states = new LineStates({ start: inCode, next: (state, line) => nextCode(syntax, state, line) })
  }

  place(document: ProseDocument, offset: number): Place {
    const line = lineAt(document.text, offset)
    const before = line.text.slice(0, offset - line.from)
    const scanned = scanCode(this.syntax, this.states.at(document, offset), before)
    const { state } = scanned
    if (state.kind === 'code' || state.kind === 'string') return other('code-outside-comment')
    if (forTools.test(textOf(before, scanned))) return other('directive')
    const from = state.kind === 'block' ? blockStart(document.text, line, state) : lineCommentStart(document.text, line, state.open)
    const end = state.kind === 'block' ? blockEnd(line, offset, state.close) : line.to
    // A comment behind code is one line.
    const alone = state.kind === 'block' || line.text.trimStart().startsWith(state.open)
    return prose({
      from: alone ? from : line.from + scanned.from,
      paragraphEnd: alone ? paragraphEnd(document.text, line, end, state) : line.to,
      unit: 'sentence',
    })
  }

  flow({ text }: ProseDocument, from: number, to: number): string {
    let result: string | undefined
    let previous = ''
    for (const raw of normalizeBreaks(text.slice(from, to)).split('\n')) {
      const line = raw.replace(leader, '')
      const goesOn = result !== undefined && previous.trim() !== '' && line.trim() !== '' && !beginsBlock.test(line)
      result = result === undefined ? line : goesOn ? joinLines(result, line) : `${result}\n${line}`
      previous = line
    }
    return result ?? ''
  }
}

/** Where the block comment begins that the caret is in, or a line far enough before the caret. */
function blockStart(text: TextView, line: Line, state: Extract<CodeState, { kind: 'block' }>): number {
  let first = line
  for (let count = 0; count < Math.min(state.lines, farthestLines); count++) first = lineBefore(text, first) ?? first
  return state.lines <= farthestLines ? Math.min(first.from + state.column, first.to) : first.from
}

/** A list item or a tag begins something of its own. */
const beginsBlock = /^\s*(?:[-*+•]\s|\d+[.)]\s|@\w+|:\w|\\\w+|>>>|```)/

function textOf(before: string, scanned: Scanned): string {
  return scanned.from >= 0 ? before.slice(scanned.from) : before.replace(leader, '')
}

/** The first of the lines in a row that hold nothing but a comment of this kind. */
function lineCommentStart(text: TextView, line: Line, open: string): number {
  let first = line
  if (!line.text.trimStart().startsWith(open)) return line.from
  for (let count = 0; count < farthestLines; count++) {
    const above = lineBefore(text, first)
    if (!above?.text.trimStart().startsWith(open)) break
    first = above
  }
  return first.from
}

function blockEnd(line: Line, offset: number, close: string): number {
  const end = line.text.indexOf(close, offset - line.from)
  return end < 0 ? line.to : line.from + line.text.slice(0, end).trimEnd().length
}

/** Comments go on while their lines have text. */
function paragraphEnd(text: TextView, line: Line, end: number, state: CodeState): number {
  if (end < line.to) return Math.max(end, line.from)
  let last = line
  for (let count = 0; count < farthestLines; count++) {
    const below = lineAfter(text, last)
    if (!below || !goesOn(below.text, state)) break
    last = below
  }
  return last.to
}

function goesOn(line: string, state: CodeState): boolean {
  if (state.kind === 'line' && !line.trimStart().startsWith(state.open)) return false
  if (state.kind === 'block' && line.includes(state.close)) return false
  const content = line.replace(leader, '')
  return content.trim() !== '' && !beginsBlock.test(content)
}

function lineBefore(text: TextView, line: Line): Line | undefined {
  return line.from === 0 ? undefined : lineAt(text, line.from - (text.slice(line.from - 2, line.from) === '\r\n' ? 2 : 1))
}

function lineAfter(text: TextView, line: Line): Line | undefined {
  if (line.to >= text.length) return undefined
  return lineAt(text, line.to + (text.slice(line.to, line.to + 2) === '\r\n' ? 2 : 1))
}
