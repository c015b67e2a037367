/**
 * How many tokens a text has at most, as far as can be told without the server's tokenizer: three ASCII characters a
 * token, and two thirds of a byte for others, whose bytes the vocabulary may not join. Real tokenizers need fewer.
 */
export function mostTokens(text: string): number {
  let others = 0
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) others++
  return Math.ceil((text.length - others) / 3 + others * 1.4)
}

/** The end of `text` that fits into `tokens`, from a word on; the whole of it where that fits. */
export function endThatFits(text: string, tokens: number): string {
  if (mostTokens(text) <= tokens) return text
  // The estimate grows with each character, so the place can be searched by halves.
  let fits = text.length
  for (let from = 0, to = text.length; from < to; ) {
    const middle = (from + to) >> 1
    if (mostTokens(text.slice(middle)) <= tokens) fits = to = middle
    else from = middle + 1
  }
  const word = /\s(?=\S)/.exec(text.slice(fits))
  return text.slice(fits + (word === null ? 0 : word.index + 1))
}

/** Where the beginning of `text` from `from` on ends that fits into `tokens`: before a space, or at the end. */
export function placeThatFits(text: string, from: number, tokens: number): number {
  if (mostTokens(text.slice(from)) <= tokens) return text.length
  let fits = from + 1
  for (let low = from + 1, high = text.length; low <= high; ) {
    const middle = (low + high) >> 1
    if (mostTokens(text.slice(from, middle)) <= tokens) {
      fits = middle
      low = middle + 1
    } else high = middle - 1
  }
  const space = text.lastIndexOf(' ', fits)
  return space > from ? space : fits
}
