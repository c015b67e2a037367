import { normalWord, wordsOf } from '../words'

/** More words than this decide nothing. */
const longestOverlap = 12

/**
 * Where `text` begins to say what follows anyway, or undefined. That is the case where its last words are the first of
 * `after`, and where two of its words in a row are: from there on it writes what stands there already.
 */
export function overlapStart(text: string, after: string): number | undefined {
  const follows = wordsOf(after.slice(0, 200)).slice(0, longestOverlap).map((word) => normalWord(word.text))
  if (follows.length === 0) return undefined
  const words = wordsOf(text)
  for (const [index, word] of words.entries()) {
    const rest = words.slice(index, index + follows.length).map((next) => normalWord(next.text))
    const common = commonPrefix(rest, follows)
    const reachesEnd = common > 0 && index + common === words.length
    if (reachesEnd || common >= 2) return word.from
  }
  return undefined
}

function commonPrefix(a: readonly string[], b: readonly string[]): number {
  let length = 0
  while (length < a.length && length < b.length && a[length] === b[length]) length++
  return length
}
