/** Text to token ids and back. Ids are those of the model that the tokenizer belongs to. */
export interface Tokenizer {
  /** Number of ids, added tokens included. */
  readonly vocabularySize: number
  /** Id of the token that ends a text, if the model has one. */
  readonly endOfText: number | undefined
  /** Special tokens in the text count as themselves. Lone surrogates become U+FFFD. Never throws. */
  encode(text: string): Int32Array
  /** Bytes that are no UTF-8 become U+FFFD; special tokens appear as their text. */
  decode(ids: ArrayLike<number>): string
  /** Whether a token is a sign to the model rather than text. */
  isSpecial(id: number): boolean
  /** The raw bytes of one token, so that a character split over tokens can be put together. */
  bytes(id: number): Uint8Array
}
