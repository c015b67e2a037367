/** What belongs between a text and what stands behind it: a blank where two words would become one. */
export function blankBetween(text: string, after: string): '' | ' ' {
  return /[\p{L}\p{N}.,;:!?…”’)]$/u.test(text) && /^[\p{L}\p{N}]/u.test(after) ? ' ' : ''
}
