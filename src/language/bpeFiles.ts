import { isIntegerIn, type JsonRecord } from '../base/json'
import { brokenFile, quote } from './fileGuards'
import { MergeTable } from './mergeTable'
import { maximumMerges } from './mergeWord'

/** Far above any vocabulary there is, and low enough to make a table of. */
export const maximumTokenId = 2 ** 22 - 1

/** @returns id of each token; a Map, because `__proto__` is a token like any other */
export function readVocabulary(file: string, record: JsonRecord): Map<string, number> {
  const vocabulary = new Map<string, number>()
  const taken: true[] = []
  for (const token of Object.keys(record)) {
    const id = record[token]
    if (!isIntegerIn(id, 0, maximumTokenId)) throw brokenFile(file, `the token ${quote(token)} has no usable id`)
    if (taken[id]) throw brokenFile(file, `two tokens have the id ${id}`)
    taken[id] = true
    vocabulary.set(token, id)
  }
  if (vocabulary.size === 0) throw brokenFile(file, 'its vocabulary is empty')
  return vocabulary
}

/** @param merges pairs, or strings of two tokens with a space between, the earliest first */
export function readMerges(file: string, merges: readonly unknown[], vocabulary: ReadonlyMap<string, number>): MergeTable {
  if (merges.length > maximumMerges) throw brokenFile(file, `it has ${merges.length} merges`)
  const table = new MergeTable(merges.length)
  for (let rank = 0; rank < merges.length; rank++) {
    const pair = asPair(merges[rank])
    if (pair === undefined) throw brokenFile(file, `merge ${rank} is not a pair of tokens`)
    const [left, right] = pair
    const result = idOf(left + right, vocabulary, file)
    table.set(idOf(left, vocabulary, file), idOf(right, vocabulary, file), rank, result)
  }
  return table
}

/** The merges of a `merges.txt`: one a line, after a line that names the version. */
export function readMergeLines(text: string): string[] {
  return text.split('\n').map(withoutReturn).filter((line) => line !== '' && !line.startsWith('#version'))
}

function asPair(merge: unknown): readonly [string, string] | undefined {
  const parts: unknown = typeof merge === 'string' ? merge.split(' ') : merge
  if (!Array.isArray(parts) || parts.length !== 2) return undefined
  const [left, right] = parts as readonly unknown[]
  return typeof left === 'string' && typeof right === 'string' ? [left, right] : undefined
}

function idOf(token: string, vocabulary: ReadonlyMap<string, number>, file: string): number {
  const id = vocabulary.get(token)
  if (id === undefined) throw brokenFile(file, `a merge names ${quote(token)}, which is not in the vocabulary`)
  return id
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}
