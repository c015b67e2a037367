import { LineLanguage, type CaretLine, type LineGrammar } from './lineLanguage'
import type { NotProse } from './place'
import { looksWrapped } from './wrap'

/** What is known at the beginning of a line of reStructuredText. */
interface RstState {
  /** A block that is no prose: all lines that are indented further. */
  readonly block: { readonly why: NotProse; readonly indent: number } | undefined
  /** A paragraph at this indentation announced a literal block with `::`. */
  readonly announced: number | undefined
  /** Options of a directive may follow, indented further than this. */
  readonly options: number | undefined
  readonly doctest: boolean
  /** Borders of a simple table seen so far; it ends with a blank line behind the second. */
  readonly borders: number
  readonly behindBorder: boolean
}

const start: RstState = { block: undefined, announced: undefined, options: undefined, doctest: false, borders: 0, behindBorder: false }

/** Directives whose text may stand on their own line. */
const textual = new Set('note warning tip important caution danger attention hint error seealso todo versionadded versionchanged deprecated rubric centered title epigraph'.split(' '))

/** Directives without prose. */
const opaque: ReadonlyMap<string, NotProse> = new Map<string, NotProse>([
  ...'code code-block sourcecode parsed-literal literalinclude highlight doctest testcode testoutput testsetup ipython graphviz digraph graph mermaid uml prompt productionlist command-output'.split(' ').map((name) => [name, 'code'] as const),
  ['math', 'math'], ['raw', 'html'], ['meta', 'html'], ['csv-table', 'table'], ['list-table', 'table'], ['table', 'table'],
  ...'toctree image include contents role default-role currentmodule automodule autoclass autofunction autosummary tabularcolumns index sectnum replace unicode date target-notes bibliography'.split(' ').map((name) => [name, 'directive'] as const),
])

const border = /^\s*=+(?:[ \t]+=+)+\s*$/
const explicitMarkup = /^(\s*)\.\.(?:\s+(.*))?$/
const directiveName = /^(?:\|[^|]+\|\s+)?([\w:.+-]+?)::(?:\s|$)/

function indentOf(line: string): number {
  return line.length - line.trimStart().length
}

function next(state: RstState, line: string): RstState {
  if (line.trim() === '') {
    const tableEnds = state.behindBorder && state.borders >= 2
    return { ...state, options: undefined, doctest: false, borders: tableEnds ? 0 : state.borders, behindBorder: false }
  }
  const { block, announced, options } = atLine(state, indentOf(line))
  const known = { ...state, block, announced, options }
  if (border.test(line)) return { ...known, borders: state.borders + 1, behindBorder: true, announced: undefined, options: undefined }
  const rest = { ...known, behindBorder: false }
  if (block || state.borders > 0) return rest
  if (options !== undefined && isOption(line)) return rest
  return begins({ ...rest, options: undefined }, line)
}

/** A block ends with the first line that is not indented further; one that was announced begins with one that is. */
function atLine(state: RstState, indent: number): Pick<RstState, 'block' | 'announced' | 'options'> {
  if (state.block && indent > state.block.indent) return { block: state.block, announced: undefined, options: undefined }
  const { announced } = state
  const begun = announced !== undefined && indent > announced ? { why: 'code' as const, indent: announced } : undefined
  const options = state.options !== undefined && indent > state.options ? state.options : undefined
  return { block: begun, announced: undefined, options: begun ? undefined : options }
}

/** What a line outside of every block begins. */
function begins(state: RstState, line: string): RstState {
  const indent = indentOf(line)
  if (/^\s*>>> /.test(line)) return { ...state, doctest: true }
  const explicit = explicitMarkup.exec(line)
  if (!explicit) return /::\s*$/.test(line) ? { ...state, announced: indent } : state
  const body = explicit[2] ?? ''
  // A footnote or a citation is text; a target stands on one line.
  if (/^\[[^\]]+\]\s/.test(body) || body.startsWith('_')) return state
  const name = directiveName.exec(body)?.[1]
  if (name === undefined) return { ...state, block: { why: 'comment', indent } }
  const why = opaque.get(name)
  return why ? { ...state, block: { why, indent } } : { ...state, options: indent }
}

function isOption(line: string): boolean {
  return /^\s*:[^:\s][^:]*:(?:\s|$)/.test(line)
}

/** Something that is being typed began not further back. */
const longest = 2_000

/** Closed literals, roles and links, so that what is left open shows. */
const closed = /``[^`]+``|:[\w:.+-]+:`[^`]*`|`[^`]+`(?:__?)?/g

const unfinished: readonly (readonly [RegExp, NotProse])[] = [
  [/``[^`]*$/, 'code'],
  [/:[\w:.+-]+:`[^`]*$/, 'link'],
  [/`[^`<]*<[^>`]*$/, 'link'],
  [/`[^`]*$/, 'code'],
  [/(?:^|\s)\|[^|\s][^|]*$/, 'markup'],
  [/\bhttps?:\S*$/, 'link'],
]

const adornment = /^\s*([!-/:-@[-`{-~])\1{2,}\s*$/

function reason(state: RstState, { before }: CaretLine): NotProse | undefined {
  const { block, options } = atLine(state, before.trim() === '' ? before.length : indentOf(before))
  if (block) return block.why
  if (state.doctest || /^\s*>>>/.test(before)) return 'code'
  if (state.borders > 0 || /^\s*(?:\+[-=]|\|)/.test(before) || border.test(before)) return 'table'
  if (options !== undefined && /^\s*:/.test(before)) return 'directive'
  if (/^\s*:[^:\s]*$/.test(before)) return 'attribute'
  if (adornment.test(before)) return 'markup'
  const explicit = explicitMarkup.exec(before)
  if (explicit) return explicitReason(explicit[2] ?? '')
  const text = before.slice(-longest).replace(closed, (span) => '·'.repeat(span.length))
  return unfinished.find(([pattern]) => pattern.test(text))?.[1]
}

/** The line that begins with two dots. */
function explicitReason(body: string): NotProse | undefined {
  if (/^\[[^\]]+\]\s/.test(body)) return undefined
  if (body.startsWith('_') || body.startsWith('[')) return 'definition'
  const name = directiveName.exec(body)?.[1]
  if (name === undefined) return /^[\w:.+-]*:?$/.test(body) ? 'directive' : 'comment'
  return textual.has(name) ? undefined : opaque.get(name) ?? 'directive'
}

const beginsBlock = /^\s*(?:[-*+•]\s|(?:\d+|#|\(?[a-zA-Z])[.)]\s|\.\.(?:\s|$)|:[^:\s][^:]*:(?:\s|$)|\||\+[-=]|>>>)/

const grammar: LineGrammar<RstState> = {
  markup: 'restructuredtext',
  start,
  next,
  reason,
  isHeading: (_state, { before, next: following }) => adornment.test(following) && indentOf(before) === 0,
  joins: (previous, line) => !beginsBlock.test(line) && !adornment.test(line) && !adornment.test(previous) && !border.test(line) && !border.test(previous)
    && !/^\s*(?:\.\.|>>>|\|)/.test(previous) && !isOption(previous) && (line.trim() !== '' || looksWrapped(previous)),
  isHidden: () => false,
}

/** reStructuredText as Sphinx reads it: text, lists, notes; no literal blocks, roles, options, tables, comments. */
export function restructuredText(): LineLanguage<RstState> {
  return new LineLanguage(grammar)
}
