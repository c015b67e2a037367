import type { CompletionPart, ListedToken, ServerToken } from './messages'

/** A stretch of text with a probability of its own: a token, or several that only together are whole characters. */
export interface Piece {
  readonly text: string
  /** Natural logarithm; undefined when the server left out what would be needed to know it. */
  readonly logprob: number | undefined
  /** What else might have stood here; undefined where that is not known. */
  readonly listed: readonly ListedToken[] | undefined
}

/**
 * Brings text and tokens of a streamed answer together. They need not agree: servers hold text back until a character is
 * whole, some tokenizers' tokens lose the space before a word when each is decoded alone, and one server drops the
 * probability of tokens whose text it held back. The text is what counts.
 */
export class PieceReader {
  private waiting: ServerToken[] = []

  /** @returns what has become whole; undefined when the server gives text without log-probabilities */
  read({ text, tokens }: Pick<CompletionPart, 'text' | 'tokens'>): readonly Piece[] | undefined {
    if (tokens === undefined || tokens.length === 0) return text === '' ? [] : this.waiting.length === 0 ? undefined : this.together(text)
    this.waiting.push(...tokens)
    if (text === '') return []
    const joined = this.waiting.map((token) => token.text).join('')
    if (joined !== text) return this.together(text)
    const pieces = this.waiting.map((token) => ({ text: token.text, logprob: token.logprob ?? undefined, listed: token.listed.length > 0 ? token.listed : undefined }))
    this.waiting = []
    return pieces
  }

  private together(text: string): readonly Piece[] {
    const tokens = this.waiting
    this.waiting = []
    const logprobs = tokens.map(({ logprob }) => logprob)
    const incomplete = tokens.some((token) => token.text === '' || token.text.includes('\ufffd'))
    // A token that reads otherwise than it stands makes its whole list unreliable.
    const known = (incomplete || withoutSpaces(text) === withoutSpaces(tokens.map((token) => token.text).join(''))) && !logprobs.includes(null)
    return [{ text, logprob: known ? logprobs.reduce<number>((sum, logprob) => sum + (logprob ?? 0), 0) : undefined, listed: undefined }]
  }
}

function withoutSpaces(text: string): string {
  return text.replace(/\s+/g, '')
}
