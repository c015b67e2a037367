import { LineLanguage, type CaretLine, type LineGrammar } from './lineLanguage'
import type { NotProse } from './place'
import { looksWrapped } from './wrap'

/** What is known at the beginning of a line of AsciiDoc. */
interface AsciiDocState {
  /** A delimited block that is no prose, and the line that ends it. */
  readonly fence: { readonly why: NotProse; readonly end: string } | undefined
  /** The paragraph is no prose until its blank line. */
  readonly paragraph: NotProse | undefined
  /** What a line of attributes said about the block that follows. */
  readonly style: NotProse | undefined
  /** Behind the title of the document, before its first blank line. */
  readonly header: boolean
  readonly behindBlank: boolean
}

const start: AsciiDocState = { fence: undefined, paragraph: undefined, style: undefined, header: false, behindBlank: true }

const delimiters: readonly (readonly [RegExp, NotProse])[] = [
  [/^(?:-{4,}|\.{4,}|`{3,}.*)$/, 'code'],
  [/^\+{4,}$/, 'html'],
  [/^\/{4,}$/, 'comment'],
  [/^[|,:!]={3,}$/, 'table'],
]

/** Blocks that hold prose unless their style says otherwise. */
const openDelimiter = /^(?:--|={4,}|\*{4,}|_{4,})$/

const styles: ReadonlyMap<string, NotProse> = new Map([
  ['source', 'code'], ['listing', 'code'], ['literal', 'code'], ['verse', 'markup'], ['stem', 'math'], ['latexmath', 'math'], ['asciimath', 'math'],
  ['mermaid', 'code'], ['plantuml', 'code'], ['graphviz', 'code'], ['ditaa', 'code'], ['pass', 'html'], ['comment', 'comment'],
])

const listItem = /^\s*(?:[*-]+|\.+|\d+\.|[a-zA-Z]\.)\s/

function next(state: AsciiDocState, raw: string): AsciiDocState {
  const line = raw.trimEnd()
  if (state.fence) return line === state.fence.end ? { ...start, behindBlank: false } : state
  if (line === '') return start
  const known = { ...state, behindBlank: false }
  const why = fenceReason(state, line)
  if (why) return { ...known, style: undefined, fence: { why, end: line.startsWith('```') ? '```' : line } }
  if (/^\[.*\]$/.test(line)) return { ...known, behindBlank: true, style: styles.get(/^\[([\w-]*)/.exec(line)?.[1] ?? '') ?? state.style }
  // The title of a block stands between its attributes and itself.
  if (/^\.[^\s.]/.test(line)) return { ...known, behindBlank: true }
  if (/^= \S/.test(line)) return { ...known, header: true, style: undefined }
  if (state.behindBlank && !state.header) return { ...known, style: undefined, paragraph: state.style ?? literalParagraph(line) }
  return known
}

function fenceReason(state: AsciiDocState, line: string): NotProse | undefined {
  if (openDelimiter.test(line)) return state.style
  const why = delimiters.find(([pattern]) => pattern.test(line))?.[1]
  return why && state.style === 'math' ? 'math' : why
}

/** A paragraph that is indented is literal, unless it is an item of a list. */
function literalParagraph(line: string): NotProse | undefined {
  return /^\s/.test(line) && !listItem.test(line) ? 'code' : undefined
}

/** Something that is being typed began not further back. */
const longest = 2_000

/** Closed literals, macros and references, so that what is left open shows. */
const closed = /`[^`]+`|\+[^+\s][^+]*\+|<<[^>]*>>|\{[\w-]+\}|(?:stem|latexmath|asciimath|pass|kbd|btn|menu|image|icon|xref|link|https?)::?[^\s[\]]*\[[^\]]*\]/g

const unfinished: readonly (readonly [RegExp, NotProse])[] = [
  [/`[^`]*$/, 'code'],
  [/(?:^|\s)\+[^+\s][^+]*$/, 'code'],
  [/(?:stem|latexmath|asciimath):\[[^\]]*$/, 'math'],
  [/<<[^>]*$/, 'link'],
  [/\b(?:https?|link|xref|image|icon|mailto|include|kbd|btn|menu|pass):[^\s[]*$/, 'link'],
  [/\b(?:image|icon|kbd|btn|menu|pass):[^\s[]*\[[^\]]*$/, 'link'],
  [/\{[\w-]*$/, 'attribute'],
]

function reason(state: AsciiDocState, { before }: CaretLine): NotProse | undefined {
  if (state.fence) return state.fence.why
  if (state.paragraph) return state.paragraph
  if (/^\/\//.test(before)) return 'comment'
  if (/^:!?[^:\s]*(?::|$)/.test(before) || /^\[[^\]]*\]?$/.test(before)) return 'attribute'
  if (state.header) return 'attribute'
  if (fenceReason(state, before.trimEnd())) return 'markup'
  if (/^[\w-]+::\S*/.test(before)) return 'command'
  if (/^(?:\||=+$|--$|\*{4}|_{4})/.test(before)) return /^\|/.test(before) ? 'table' : 'markup'
  if (state.behindBlank && before.trim() !== '' && (state.style ?? literalParagraph(before))) return state.style ?? 'code'
  const text = before.slice(-longest).replace(closed, (span) => '·'.repeat(span.length))
  return unfinished.find(([pattern]) => pattern.test(text))?.[1]
}

const heading = /^(?:=+ |\.[^\s.])/

const standsAlone = /^(?:=+ |\.[^\s.]|:!?[^:\s]+:|\[.*\]\s*$|\/\/|\||-{2,}\s*$|\.{4,}|={4,}|\*{4,}|_{4,}|\+{4,}|\+\s*$|`{3}|[\w-]+::\S*\[)/

const grammar: LineGrammar<AsciiDocState> = {
  markup: 'asciidoc',
  start,
  next,
  reason,
  isHeading: (_state, { before }) => heading.test(before),
  joins: (previous, line) => !standsAlone.test(previous) && !standsAlone.test(line) && !listItem.test(line) && !/\s\+\s*$/.test(previous) && (line.trim() !== '' || looksWrapped(previous)),
  isHidden: (line) => /^\/\/(?!\/)/.test(line),
}

/** AsciiDoc: text, lists, quotations, admonitions; no listings, passthroughs, tables, attributes, macros, comments. */
export function asciiDoc(): LineLanguage<AsciiDocState> {
  return new LineLanguage(grammar)
}
