import { GFM, parser, type BlockContext, type InlineContext, type Line, type MarkdownConfig } from '@lezer/markdown'

/** A formula in a line is not longer; without a bound, dollars without an end would cost the square of their number. */
const longestFormula = 600

const dollar = 36
const backslash = 92

/** `$…$` by Pandoc's rule (no space inside the dollars, no digit behind them), `$$…$$`, `\(…\)` and `\[…\]` in a line. */
function parseInlineMath(cx: InlineContext, next: number, pos: number): number {
  if (next !== dollar && next !== backslash) return -1
  const rest = cx.slice(pos, Math.min(cx.end, pos + longestFormula))
  const match = /^\$\$[^$]+\$\$/.exec(rest) ?? /^\$(?![\s$])(?:[^$\\]|\\.)*?(?<!\s)\$(?!\d)/s.exec(rest) ?? /^\\\([^]*?\\\)/.exec(rest) ?? /^\\\[[^]*?\\\]/.exec(rest)
  return match ? cx.addElement(cx.elt('InlineMath', pos, pos + match[0].length)) : -1
}

const mathOpens = /^(?:\$\$|\\\[)/
const mathCloses = /(?:\$\$|\\\])[ \t]*$/

/** Display mathematics on lines of its own. Without an end it ends at the first blank line, where TeX would complain. */
function parseBlockMath(cx: BlockContext, line: Line): boolean {
  const content = line.text.slice(line.pos)
  if (!mathOpens.test(content)) return false
  const rest = content.slice(2)
  const closedHere = mathCloses.test(rest)
  // Anything behind the end on the same line makes it part of a paragraph.
  if (!closedHere && /\$\$|\\\]/.test(rest)) return false
  const from = cx.lineStart + line.pos
  let closed = closedHere
  while (cx.nextLine() && !closed && line.text.trim() !== '') closed = mathCloses.test(line.text)
  cx.addElement(cx.elt('BlockMath', from, cx.prevLineEnd()))
  return true
}

const math: MarkdownConfig = {
  defineNodes: ['InlineMath', { name: 'BlockMath', block: true }],
  parseInline: [{ name: 'InlineMath', parse: parseInlineMath, before: 'Escape' }],
  parseBlock: [{
    name: 'BlockMath',
    before: 'LinkReference',
    parse: parseBlockMath,
    endLeaf: (_cx, line) => mathOpens.test(line.text.slice(line.pos)),
  }],
}

/** GitHub's Markdown with mathematics. */
export const markdownParser = parser.configure([GFM, math])

/**
 * Where the metadata at the beginning of a document ends, the closing line included; 0 without any. While its end is not
 * yet written it goes on to the first blank line, if it looks like metadata at all.
 */
export function frontMatterEnd(text: string): number {
  const fence = /^\ufeff?(---|\+\+\+)[ \t]*(?:\r?\n|$)/.exec(text)
  if (!fence) return 0
  const body = text.slice(fence[0].length)
  const close = (fence[1] === '---' ? /^(?:---|\.\.\.)[ \t]*$/m : /^\+\+\+[ \t]*$/m).exec(body)
  const ended = close ? close.index + close[0].length : Math.max(0, body.search(/\n[ \t]*\r?(?:\n|$)|$/))
  const looksLikeIt = body.slice(0, ended).trim() === '' || /^[ \t]*(?:#.*|["']?[\w.-]+["']?[ \t]*[:=].*|\[.*)\r?(?:\n|$)/.test(body)
  return looksLikeIt ? fence[0].length + ended : 0
}
