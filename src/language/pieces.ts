import type { Tokenizer } from './tokenizer'
import { Utf8Stream } from './utf8'

/**
 * The text of each token; joined they are the text of all. A character split over tokens belongs to the last of them.
 * @param ids what `text` was encoded to
 */
export function pieceTexts(tokenizer: Tokenizer, ids: ArrayLike<number>, text: string): string[] {
  const stream = new Utf8Stream()
  const pieces = Array.from(ids, (id) => stream.push(tokenizer.bytes(id)))
  const rest = stream.end()
  if (rest !== '') pieces[pieces.length - 1] += rest
  // SentencePiece's tokenizers put a space before every text, which is no part of it.
  const [first] = pieces
  if (first?.startsWith(' ') === true && !text.startsWith(' ')) pieces[0] = first.slice(1)
  return pieces
}
