import { isIntegerIn, type JsonRecord } from '../base/json'
import { brokenFile, quote } from './fileGuards'
import { maximumMerges } from './mergeWord'

/** Far above any vocabulary there is, and low enough to make a table of. */
export const maximumTokenId = 2 ** 22 - 1

/** Tokens by id and ids by token. */
export interface Vocabulary {
  /** A Map, because `__proto__` is a token like any other. */
  readonly ids: ReadonlyMap<string, number>
  /** Holes are possible. */
  readonly tokens: readonly (string | undefined)[]
}

export function readVocabulary(file: string, record: JsonRecord): Vocabulary {
  const ids = new Map<string, number>()
  const tokens: (string | undefined)[] = []
  // What JSON gives has no properties but its own; this is the quickest way through fifty thousand.
  for (const token in record) {
    const id = record[token]
    if (!isIntegerIn(id, 0, maximumTokenId)) throw brokenFile(file, `the token ${quote(token)} has no usable id`)
    if (tokens[id] !== undefined) throw brokenFile(file, `two tokens have the id ${id}`)
    tokens[id] = token
    ids.set(token, id)
  }
  if (ids.size === 0) throw brokenFile(file, 'its vocabulary is empty')
  return { ids, tokens }
}

/**
 * @param merges pairs, or strings of two tokens with a space between, the earliest first
 * @returns [n, 3] ids: left, right and what they become
 */
export function readMerges(file: string, merges: readonly unknown[], { ids, tokens }: Vocabulary): Int32Array {
  if (merges.length > maximumMerges) throw brokenFile(file, `it has ${merges.length} merges`)
  const read = new Int32Array(3 * merges.length)
  let result = -1
  for (let rank = 0; rank < merges.length; rank++) {
    const pair = asPair(merges[rank])
    if (pair === undefined) throw brokenFile(file, `merge ${rank} is not a pair of tokens`)
    const [left, right] = pair
    // Trainers number tokens as they merge them: usually it is the next, which is quicker to see than to look up.
    result = isJoined(tokens[result + 1], left, right) ? result + 1 : idOf(left + right, ids, file)
    read[3 * rank] = idOf(left, ids, file)
    read[3 * rank + 1] = idOf(right, ids, file)
    read[3 * rank + 2] = result
  }
  return read
}

/** The merges of a `merges.txt`: one a line, after a line that names the version. */
export function readMergeLines(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#version'))
}

function asPair(merge: unknown): readonly [string, string] | undefined {
  if (typeof merge === 'string') {
    const space = merge.indexOf(' ')
    return space < 0 || merge.includes(' ', space + 1) ? undefined : [merge.slice(0, space), merge.slice(space + 1)]
  }
  if (!Array.isArray(merge) || merge.length !== 2) return undefined
  const [left, right] = merge as readonly unknown[]
  return typeof left === 'string' && typeof right === 'string' ? [left, right] : undefined
}

function isJoined(token: string | undefined, left: string, right: string): boolean {
  return token !== undefined && token.length === left.length + right.length && token.startsWith(left) && token.endsWith(right)
}

function idOf(token: string, ids: ReadonlyMap<string, number>, file: string): number {
  const id = ids.get(token)
  if (id === undefined) throw brokenFile(file, `a merge names ${quote(token)}, which is not in the vocabulary`)
  return id
}
