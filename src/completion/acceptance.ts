import { firstWordEnd } from './words'

/** How much of a suggestion is taken. */
export type Portion = 'all' | 'word' | 'line'

/** The part of a suggestion that is taken. A word comes with the blank before it, a line with its break. */
export function portionOf(suggestion: string, portion: Portion): string {
  switch (portion) {
    case 'all':
      return suggestion
    case 'word':
      return suggestion.slice(0, firstWordEnd(suggestion))
    case 'line':
      return /^[^\n]*\n?/.exec(suggestion)?.[0] ?? suggestion
  }
}
