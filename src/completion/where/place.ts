import type { TextView } from '../textView'

/** Why a place is not one for prose. */
export type NotProse =
  | 'front-matter'
  | 'code'
  | 'code-outside-comment'
  | 'comments-off'
  | 'table'
  | 'link'
  | 'html'
  | 'math'
  | 'definition'
  | 'command'
  | 'directive'
  | 'comment'
  | 'preamble'
  | 'attribute'
  | 'markup'
  | 'trailer'
  | 'diff'

/** What stands at a caret. */
export type Place =
  | { readonly kind: 'prose'; readonly region: ProseRegion }
  | { readonly kind: 'other'; readonly why: NotProse }

/** Where the prose around a caret lies in the document. */
export interface ProseRegion {
  /** Nothing before this belongs to the same text: 0, or where a comment or a message begins. */
  readonly from: number
  /** End of the paragraph that holds the caret, or the caret itself when nothing follows in it. */
  readonly paragraphEnd: number
  /** A heading or a commit's subject ends with its line. */
  readonly unit: 'sentence' | 'line'
}

/** What the prose rules need to know about a document. */
export interface ProseDocument {
  /** Tells documents apart, so that what was parsed can be kept. */
  readonly id: string
  readonly text: TextView
}

/** One family of documents: where prose is in it, and how it reads without its line wraps and markers. */
export interface ProseLanguage {
  /** Whether prose is what such a document is for, or only its comments. */
  readonly kind: 'document' | 'comments'
  /** Markup that a suggestion in this language may not bring along. */
  readonly markup: 'markdown' | 'latex' | 'restructuredtext' | 'asciidoc' | 'none'
  place(document: ProseDocument, offset: number): Place
  /**
   * [from, to) as it flows: each paragraph on one line, line breaks as `\n`. A break inside a paragraph becomes a space.
   */
  flow(document: ProseDocument, from: number, to: number): string
}

export function other(why: NotProse): Place {
  return { kind: 'other', why }
}

export function prose(region: ProseRegion): Place {
  return { kind: 'prose', region }
}
