/** What the writer did just before. */
export type Edit =
  /** Letters, a space, a full stop: writing. Accepting a suggestion counts as writing it. */
  | 'typed'
  | 'deleted'
  /** Much text at once. */
  | 'pasted'
  /** The caret went elsewhere and nothing changed. */
  | 'moved'
  /** An input method is still composing a character. */
  | 'composing'

export type Trigger =
  | { readonly kind: 'explicit' }
  | { readonly kind: 'automatic'; readonly edit: Edit }

/** One replaced range of a document change, as editors report it. */
export interface TextChange {
  readonly removedLength: number
  readonly inserted: string
}

/** More than this at once was not typed. */
const longestTyped = 80

/** Names an edit by its changes; several cursors make several changes of one kind. */
export function editOf(changes: readonly TextChange[]): Edit {
  if (changes.length === 0) return 'moved'
  if (changes.every((change) => change.inserted === '')) return 'deleted'
  const longest = Math.max(...changes.map((change) => change.inserted.length))
  return longest > longestTyped || changes.some((change) => change.inserted.trim().includes('\n')) ? 'pasted' : 'typed'
}
