import type { NotProse } from './place'

/** What is closed: code spans, formulas, the targets of links. What is left shows what is open. */
const closedSpans = /\]\([^()\s]*(?:\s+"[^"]*")?\)|<[a-z]+:[^>\s]*>|(`+)(?!`)[^]*?[^`]\1(?!`)|\$\$[^$]+\$\$|\$(?![\s$])[^$]*?[^\s$]\$(?!\d)/g

const patterns: readonly (readonly [RegExp, NotProse])[] = [
  [/(?:\bhttps?:\/\/|\bwww\.)\S*$/, 'link'],
  [/\]\([^)\n]*$/, 'link'],
  [/\]\[[^\]\n]*$/, 'link'],
  [/\[\[[^\]\n]*$/, 'link'],
  [/\[\^[^\]\n]*$/, 'link'],
  [/<[a-z]+:[^>\s]*$/, 'link'],
  [/<!--(?:(?!-->)[^])*$/, 'html'],
  [/<\/?[a-zA-Z][^<>]*$/, 'html'],
  [/\{\{(?:(?!\}\})[^])*$|\{%(?:(?!%\})[^])*$|\{[#.:][^}\s]*$/, 'markup'],
  [/(?:^|\s):[a-z0-9_+-]+$/, 'markup'],
  [/\\\((?:(?!\\\))[^])*$|\\\[(?:(?!\\\])[^])*$/, 'math'],
]

/** Something that is being typed began not further back. */
const longest = 2_000

/** Further back than this an unfinished formula or code span is none: somebody wrote about a dollar or a backtick. */
const farthest = 80

/**
 * Something that is not prose and that has no end yet, because it is being typed: a syntax tree takes its beginning for
 * text.
 * @param paragraph what stands before the caret in its paragraph
 * @param line what stands before it on its line, marks of lists and quotations included
 */
export function unfinishedMarkdown(paragraph: string, line: string): NotProse | undefined {
  if (/^\s*\|/.test(line)) return 'table'
  if (/^ {0,3}\[(?!\^)[^\]]+\]:/.test(line)) return 'definition'
  if (/^\s*:::/.test(line)) return 'directive'
  // The label of a callout, the box of a task.
  if (/^[\s>]*(?:>\s*\[![^\]]*\]?|(?:[-*+]|\d+[.)])\s+\[[ xX]?\]?)$/.test(line)) return 'markup'
  const text = paragraph.slice(-longest).replace(closedSpans, (span) => '·'.repeat(span.length))
  for (const [pattern, why] of patterns) if (pattern.test(text)) return why
  const tail = text.slice(-farthest)
  if (/`[^`]*$/.test(tail)) return 'code'
  const formula = /\$(?![\s\d$])([^$]*)$/.exec(tail)?.[1]
  return formula !== undefined && looksLikeMath(formula) ? 'math' : undefined
}

/** Commands and single letters, no words. */
function looksLikeMath(text: string): boolean {
  return !/\p{L}{3}/u.test(text.replace(/\\[a-zA-Z]+/g, ''))
}
