import { maximumTokenId, type Vocabulary } from './bpeFiles'
import { maximumMerges } from './mergeWord'
import { fromUtf8, toUtf8 } from './utf8'

/** What takes long to read of a tokenizer's files: its tokens, and what becomes of which two. */
export interface BpeTables {
  readonly vocabulary: Vocabulary
  /** [n, 3] ids: left, right and what they become, the earliest first. */
  readonly merges: Int32Array
}

/**
 * The tables as bytes that are quick to read: as 32-bit numbers how many tokens, merges and bytes of text there are, the
 * length of each token (-1 for a hole) and the merges; then the tokens one behind the other in UTF-8.
 * @returns undefined for tokens that are no Unicode
 */
export function encodeTables({ vocabulary: { tokens }, merges }: BpeTables): Uint8Array | undefined {
  const joined = tokens.join('')
  const text = toUtf8(joined)
  if (fromUtf8(text) !== joined) return undefined
  // Holes are skipped by other ways through a list.
  const lengths = Array.from(tokens, (token) => token?.length ?? -1)
  const numbers = Int32Array.from([tokens.length, merges.length / 3, text.length, ...lengths, ...merges])
  const bytes = new Uint8Array(numbers.byteLength + text.length)
  bytes.set(new Uint8Array(numbers.buffer))
  bytes.set(text, numbers.byteLength)
  return bytes
}

const headerNumbers = 3

/** @returns undefined for bytes that are no tables */
export function decodeTables(bytes: Uint8Array): BpeTables | undefined {
  // A copy begins where numbers may begin.
  const { buffer } = new Uint8Array(bytes)
  const [tokenCount = -1, mergeCount = -1, textBytes = -1] = new Int32Array(buffer, 0, Math.min(headerNumbers, bytes.length >> 2))
  const sizes = tokenCount > 0 && tokenCount <= maximumTokenId + 1 && mergeCount >= 0 && mergeCount <= maximumMerges && textBytes >= 0
  if (!sizes || bytes.length !== 4 * (headerNumbers + tokenCount + 3 * mergeCount) + textBytes) return undefined
  const lengths = new Int32Array(buffer, 4 * headerNumbers, tokenCount)
  const merges = new Int32Array(buffer, 4 * (headerNumbers + tokenCount), 3 * mergeCount)
  const text = fromUtf8(new Uint8Array(buffer, bytes.length - textBytes))
  const ids = new Map<string, number>()
  const tokens: (string | undefined)[] = []
  let at = 0
  for (let id = 0; id < tokenCount; id++) {
    const length = lengths[id] ?? -1
    const token = length < 0 ? undefined : text.slice(at, at + length)
    tokens.push(token)
    if (token === undefined) continue
    ids.set(token, id)
    at += length
  }
  return { vocabulary: { ids, tokens }, merges }
}
