import { TreeFragment, type Tree } from '@lezer/common'
import { Recent } from '../recent'
import { windowAround } from './documentWindow'
import { frontMatterEnd, markdownParser } from './markdownSyntax'
import type { ProseDocument } from './place'
import { commonPrefix, commonSuffix } from './sameText'

/** A part of a Markdown document and its syntax tree; positions in the tree count from `from`. */
export interface ParsedWindow {
  readonly from: number
  readonly text: string
  readonly tree: Tree
  /** In the window; 0 without front matter. */
  readonly frontMatterEnd: number
}

interface Entry {
  readonly view: ProseDocument['text']
  readonly window: ParsedWindow
  /** The window's text as it was parsed. */
  readonly parsed: string
  readonly fragments: readonly TreeFragment[]
}

/** So many documents are kept parsed. */
const capacity = 8

/**
 * Syntax trees of the documents seen last. A keystroke costs the blocks that it changed: what changed is found by
 * comparing with the text before, and the rest of the tree is used again.
 */
export class MarkdownTrees {
  private readonly entries = new Recent<Entry>(capacity)

  /** The tree around `offset`. Of a very long document only a part is parsed. */
  at({ id, text: view }: ProseDocument, offset: number): ParsedWindow {
    const known = this.entries.get(id)
    if (known?.view === view && covers(known.window, offset, view.length)) return known.window
    const { from, text } = windowAround(view, offset, known?.window.from)
    const end = from === 0 ? frontMatterEnd(text) : 0
    // Blanked out, so that the lines of the metadata are not taken for headings and rules.
    const parsed = end === 0 ? text : text.slice(0, end).replace(/[^\n]/g, ' ') + text.slice(end)
    const fragments = known?.window.from === from ? kept(known, parsed) : []
    const tree = markdownParser.parse(parsed, fragments)
    const window = { from, text, tree, frontMatterEnd: end }
    this.entries.set(id, { view, window, parsed, fragments: TreeFragment.addTree(tree) })
    return window
  }
}

function covers(window: ParsedWindow, offset: number, length: number): boolean {
  const end = window.from + window.text.length
  return offset >= window.from && (offset < end || end === length)
}

/** The fragments of the earlier tree that are still right for `text`. */
function kept(earlier: Entry, text: string): readonly TreeFragment[] {
  const before = earlier.parsed
  const from = commonPrefix(before, text)
  const suffix = commonSuffix(before, text, Math.min(before.length, text.length) - from)
  if (from === before.length && from === text.length) return earlier.fragments
  return TreeFragment.applyChanges(earlier.fragments, [{ fromA: from, toA: before.length - suffix, fromB: from, toB: text.length - suffix }])
}
