import type { SyntaxNode } from '@lezer/common'
import { lineAt, normalizeBreaks } from '../textView'
import { MarkdownTrees, type ParsedWindow } from './parsedWindow'
import { other, prose, type NotProse, type Place, type ProseDocument, type ProseLanguage } from './place'
import { unfinishedMarkdown } from './unfinished'
import { looksWrapped } from './wrap'

/** Nodes in which nothing is prose, also at their end. */
const always: ReadonlyMap<string, NotProse> = new Map([
  ['FencedCode', 'code'], ['CodeBlock', 'code'], ['HTMLBlock', 'html'], ['CommentBlock', 'html'], ['ProcessingInstructionBlock', 'html'],
  ['Table', 'table'], ['BlockMath', 'math'], ['HorizontalRule', 'markup'], ['ListMark', 'markup'], ['QuoteMark', 'markup'],
  ['HeaderMark', 'markup'], ['TaskMarker', 'markup'], ['LinkReference', 'definition'],
])

/** Nodes that have an end: behind it prose goes on. */
const inside: ReadonlyMap<string, NotProse> = new Map([
  ['InlineCode', 'code'], ['InlineMath', 'math'], ['HTMLTag', 'html'], ['Comment', 'html'], ['ProcessingInstruction', 'html'],
  ['Autolink', 'link'], ['LinkLabel', 'link'], ['LinkTitle', 'link'],
])

/** What writes an address between marks. */
const hasBrackets = /^(?:Link|Image|LinkReference|Autolink)$/

const leafBlock = /^(?:Paragraph|Task|(?:ATX|Setext)Heading\d)$/

/** Markdown as GitHub reads it, with mathematics, front matter and what people's tools add. */
export class Markdown implements ProseLanguage {
  readonly kind = 'document'
  readonly markup = 'markdown'
  private readonly trees = new MarkdownTrees()

  place(document: ProseDocument, offset: number): Place {
    const window = this.trees.at(document, offset)
    const at = offset - window.from
    if (window.frontMatterEnd > 0 && at <= window.frontMatterEnd) return other('front-matter')
    const line = lineAt(document.text, offset)
    const before = line.text.slice(0, offset - line.from)
    // A space at the end of a line belongs to no node, but to what it follows.
    const content = at - (before.length - before.trimEnd().length)
    const node = window.tree.resolveInner(before.trim() === '' ? at : content, -1)
    const why = nodeReason(window, window.tree.resolveInner(at, -1), at) ?? (content < at && blockReason(window, node, content))
    if (why) return other(why)
    const leaf = leafOf(node) ?? leafOf(window.tree.resolveInner(at, 1))
    const paragraph = window.text.slice(leaf && leaf.from <= at ? leaf.from : line.from - window.from, at)
    const unfinished = unfinishedMarkdown(paragraph, before)
    if (unfinished) return other(unfinished)
    const heading = leaf?.name.includes('Heading') ?? false
    const end = leaf && leaf.to > at ? window.from + leaf.to : offset
    return prose({ from: 0, paragraphEnd: heading ? Math.min(end, line.to) : end, unit: heading ? 'line' : 'sentence' })
  }

  flow(document: ProseDocument, from: number, to: number): string {
    const window = this.trees.at(document, to)
    const start = Math.max(0, from - window.from)
    const end = to - window.from
    let text = ''
    let copied = start
    for (const wrap of wrapsIn(window, start, end)) {
      text += window.text.slice(copied, wrap.from) + wrap.replacement
      copied = wrap.to
    }
    return normalizeBreaks(text + window.text.slice(copied, end))
  }
}

/** Why the place at `at` is no prose, by the syntax around it. */
function nodeReason(window: ParsedWindow, innermost: SyntaxNode, at: number): NotProse | undefined {
  for (let node: SyntaxNode | null = innermost; node; node = node.parent) {
    const { name } = node
    // `[^1]: Word` looks like the definition of a link.
    if (name === 'LinkReference' && window.text.startsWith('[^', node.from)) return undefined
    const reason = always.get(name) ?? (node.from < at && at < node.to ? inside.get(name) : undefined)
    if (reason) return reason
    // An address without brackets may go on; one in a link ends with its parenthesis.
    if (name === 'URL' && node.from < at && !hasBrackets.test(node.parent?.name ?? '')) return 'link'
    if ((name === 'Link' || name === 'Image') && at < node.to && behindLinkText(node, at)) return 'link'
  }
  return undefined
}

/** A space behind a block of code or a table is still in it; behind a word or a mark it is prose. */
function blockReason(window: ParsedWindow, innermost: SyntaxNode, at: number): NotProse | undefined {
  const reason = nodeReason(window, innermost, at)
  return reason === 'markup' || reason === 'link' ? undefined : reason
}

function behindLinkText(link: SyntaxNode, at: number): boolean {
  const [, close] = link.getChildren('LinkMark')
  return close !== undefined && at > close.from
}

function leafOf(innermost: SyntaxNode): SyntaxNode | undefined {
  for (let node: SyntaxNode | null = innermost; node; node = node.parent) if (leafBlock.test(node.name)) return node
  return undefined
}

interface Wrap {
  readonly from: number
  readonly to: number
  readonly replacement: ' ' | '\n'
}

/** The line breaks inside the paragraphs of [from, to), with the indentation and the quotation marks of the next line. */
function wrapsIn({ tree, text }: ParsedWindow, from: number, to: number): readonly Wrap[] {
  const wraps: Wrap[] = []
  tree.iterate({
    from,
    to,
    enter: ({ name, from: start, to: end }) => {
      if (name !== 'Paragraph' && name !== 'Task') return true
      const last = endOfWraps(text, start, end, to)
      for (const match of text.slice(start, last).matchAll(/( *)(\\?)\r?\n[ \t>]*/g)) {
        const wrap = start + match.index
        const hard = match[2] !== '' || (match[1] ?? '').length >= 2
        if (wrap >= from && wrap + match[0].length <= to) wraps.push({ from: wrap, to: wrap + match[0].length, replacement: hard ? '\n' : ' ' })
      }
      return false
    },
  })
  return wraps
}

/** A line just begun behind a full one goes on with its paragraph, although the parser has not seen a letter of it. */
function endOfWraps(text: string, start: number, end: number, caret: number): number {
  const begun = text.slice(end, caret)
  const lastLine = text.slice(Math.max(start, text.lastIndexOf('\n', end - 1) + 1), end)
  return caret > end && /^[ \t]*\r?\n[ \t>]*$/.test(begun) && looksWrapped(lastLine) ? caret : end
}
