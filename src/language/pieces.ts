import type { Tokenizer } from './tokenizer'
import { Utf8Stream } from './utf8'

/**
 * The text of each token; joined they are the text of all. A character split over tokens belongs to the last of them.
 */
export function pieceTexts(tokenizer: Tokenizer, ids: ArrayLike<number>): string[] {
  const stream = new Utf8Stream()
  const pieces = Array.from(ids, (id) => stream.push(tokenizer.bytes(id)))
  const rest = stream.end()
  if (rest !== '') pieces[pieces.length - 1] += rest
  return pieces
}
