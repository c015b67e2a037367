import { AddedTokenFinder, type AddedToken } from './addedTokens'
import { alphabetCharacter, fromAlphabet, toAlphabet } from './byteAlphabet'
import type { Vocabulary } from './bpeFiles'
import { IdBuffer } from './idBuffer'
import type { MergeTable } from './mergeTable'
import { WordMerger } from './mergeWord'
import type { PreTokenizer } from './preTokenizer'
import type { Tokenizer } from './tokenizer'
import { fromUtf8, toUtf8 } from './utf8'
import { WordCache } from './wordCache'

/** Everything that the files of a byte-level BPE tokenizer say, checked. */
export interface ByteLevelBpeParts {
  /** The model's own tokens, written in the byte alphabet. */
  readonly vocabulary: Vocabulary
  readonly merges: MergeTable
  readonly addedTokens: readonly AddedToken[]
  readonly normalize: (text: string) => string
  readonly preTokenize: PreTokenizer
  /** Stands for bytes that the vocabulary lacks; without one they vanish. */
  readonly unknown: { readonly id: number; readonly fuse: boolean } | undefined
  /** A word that is a token is taken as it is, whatever the merges would make of it. */
  readonly ignoreMerges: boolean
  readonly endOfText: number | undefined
}

const noBytes = new Uint8Array(0)
/** Longer words repeat too seldom to be worth keeping. */
const longestCachedWord = 64
const cachedWords = 8192

/**
 * Byte-level byte pair encoding as in GPT-2 (Radford et al. 2019, section 2.2), with the results of Hugging Face's
 * `tokenizers`: added tokens are found first, the rest is normalized, cut into words, and merged.
 */
export class ByteLevelBpe implements Tokenizer {
  readonly vocabularySize: number
  readonly endOfText: number | undefined
  /** Text of each id in the byte alphabet; holes are possible. */
  private readonly tokens: readonly (string | undefined)[]
  private readonly added: ReadonlyMap<number, AddedToken>
  private readonly tokenBytes: (Uint8Array | undefined)[] = []
  /** Id of each single byte, -1 where the vocabulary lacks it. */
  private readonly byteIds: Int32Array
  private readonly literal: AddedTokenFinder
  private readonly normalized: AddedTokenFinder
  private readonly merger: WordMerger
  private readonly cache = new WordCache(cachedWords)

  constructor(private readonly parts: ByteLevelBpeParts) {
    this.added = new Map(parts.addedTokens.map((token) => [token.id, token]))
    const tokens = parts.vocabulary.tokens.slice()
    for (const token of parts.addedTokens) tokens[token.id] = token.content
    this.tokens = tokens
    this.vocabularySize = tokens.length
    this.endOfText = parts.endOfText
    this.byteIds = Int32Array.from({ length: 256 }, (_, byte) => parts.vocabulary.ids.get(alphabetCharacter(byte)) ?? -1)
    this.literal = new AddedTokenFinder(parts.addedTokens.filter((token) => !token.normalized).map((token) => [token.content, token]))
    this.normalized = new AddedTokenFinder(parts.addedTokens.filter((token) => token.normalized).map((token) => [parts.normalize(token.content), token]))
    this.merger = new WordMerger(parts.merges)
  }

  encode(text: string): Int32Array {
    const ids = new IdBuffer()
    for (const part of this.literal.split(replaceLoneSurrogates(text))) {
      if (typeof part !== 'string') ids.push(part.id)
      else this.encodeLiteral(part, ids)
    }
    return ids.toArray()
  }

  decode(ids: ArrayLike<number>): string {
    const pieces = Array.from(ids, (id) => this.bytes(id))
    const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
    let length = 0
    for (const piece of pieces) {
      joined.set(piece, length)
      length += piece.length
    }
    return fromUtf8(joined)
  }

  bytes(id: number): Uint8Array {
    const known = this.tokenBytes[id]
    if (known !== undefined) return known
    const token = this.tokens[id]
    if (token === undefined) return noBytes
    // An added token is written as itself, even where its characters belong to the byte alphabet.
    const bytes = this.added.has(id) ? toUtf8(token) : (fromAlphabet(token) ?? toUtf8(token))
    this.tokenBytes[id] = bytes
    return bytes
  }

  isSpecial(id: number): boolean {
    return id === this.endOfText || this.added.get(id)?.special === true
  }

  private encodeLiteral(text: string, ids: IdBuffer): void {
    for (const part of this.normalized.split(this.parts.normalize(text))) {
      if (typeof part !== 'string') ids.push(part.id)
      else for (const word of this.parts.preTokenize([part])) ids.append(this.encodeWord(word))
    }
  }

  private encodeWord(word: string): Int32Array {
    const cached = this.cache.get(word)
    if (cached !== undefined) return cached
    const bytes = toUtf8(word)
    const ids = this.mergeBytes(bytes)
    // The key is made anew: a slice would keep the whole text that it was cut from alive.
    if (word.length <= longestCachedWord) this.cache.set(fromUtf8(bytes), ids)
    return ids
  }

  private mergeBytes(bytes: Uint8Array): Int32Array {
    if (this.parts.ignoreMerges) {
      const whole = this.parts.vocabulary.ids.get(toAlphabet(bytes))
      if (whole !== undefined) return Int32Array.of(whole)
    }
    const symbols = new Int32Array(bytes.length)
    let count = 0
    let afterUnknown = false
    for (const byte of bytes) {
      const id = this.byteIds[byte] ?? -1
      if (id >= 0) symbols[count++] = id
      else if (this.parts.unknown !== undefined && !(afterUnknown && this.parts.unknown.fuse)) symbols[count++] = this.parts.unknown.id
      afterUnknown = id < 0
    }
    return symbols.slice(0, this.merger.merge(symbols, count))
  }
}

function replaceLoneSurrogates(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd')
}
