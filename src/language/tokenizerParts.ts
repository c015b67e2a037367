import { isRecord, type JsonRecord } from '../base/json'
import { maximumTokenId, type Vocabulary } from './bpeFiles'
import { maximumMerges } from './mergeWord'
import { fromUtf8, toUtf8 } from './utf8'

/** What takes long to read of a tokenizer's files: its tokens, and what becomes of which two. */
export interface BpeTables {
  readonly vocabulary: Vocabulary
  /** [n, 3] ids: left, right and what they become, the earliest first. */
  readonly merges: Int32Array
}

/** All that the files of a tokenizer say. */
export interface TokenizerParts {
  readonly tables: BpeTables
  /** `tokenizer.json` without its tables; empty where there is none. */
  readonly rest: JsonRecord
}

/**
 * The parts as bytes that are quick to read: as 32-bit numbers how many tokens and merges there are and how many bytes of
 * tokens and of the rest, the length of each token (-1 for a hole) and the merges; then the tokens one behind the other in
 * UTF-8, and the rest as JSON.
 * @returns undefined for tokens that are no Unicode
 */
export function encodeParts({ tables: { vocabulary: { tokens }, merges }, rest }: TokenizerParts): Uint8Array | undefined {
  const joined = tokens.join('')
  const text = toUtf8(joined)
  if (fromUtf8(text) !== joined) return undefined
  const restText = toUtf8(JSON.stringify(rest))
  // Holes are skipped by other ways through a list.
  const lengths = Array.from(tokens, (token) => token?.length ?? -1)
  const numbers = Int32Array.from([tokens.length, merges.length / 3, text.length, restText.length, ...lengths, ...merges])
  const bytes = new Uint8Array(numbers.byteLength + text.length + restText.length)
  bytes.set(new Uint8Array(numbers.buffer))
  bytes.set(text, numbers.byteLength)
  bytes.set(restText, numbers.byteLength + text.length)
  return bytes
}

const headerNumbers = 4

/** @returns undefined for bytes that are no parts */
export function decodeParts(bytes: Uint8Array): TokenizerParts | undefined {
  // A copy begins where numbers may begin.
  const { buffer } = new Uint8Array(bytes)
  const [tokenCount = -1, mergeCount = -1, textBytes = -1, restBytes = -1] = new Int32Array(buffer, 0, Math.min(headerNumbers, bytes.length >> 2))
  const sizes = tokenCount > 0 && tokenCount <= maximumTokenId + 1 && mergeCount >= 0 && mergeCount <= maximumMerges && textBytes >= 0 && restBytes >= 0
  if (!sizes || bytes.length !== 4 * (headerNumbers + tokenCount + 3 * mergeCount) + textBytes + restBytes) return undefined
  const rest = readJson(fromUtf8(new Uint8Array(buffer, bytes.length - restBytes)))
  if (!isRecord(rest)) return undefined
  const lengths = new Int32Array(buffer, 4 * headerNumbers, tokenCount)
  const merges = new Int32Array(buffer, 4 * (headerNumbers + tokenCount), 3 * mergeCount)
  const text = fromUtf8(new Uint8Array(buffer, bytes.length - restBytes - textBytes, textBytes))
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
  return { tables: { vocabulary: { ids, tokens }, merges }, rest }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
