import { isIntegerIn, isRecord, own, type JsonRecord } from '../base/json'
import { maximumTokenId } from '../language/bpeFiles'

/**
 * How many tokens a tokenizer has, whatever kind it is: one more than its highest id.
 * @param file `tokenizer.json`, or the older `vocab.json`
 */
export function tokenCount(file: JsonRecord): number {
  const model = own(file, 'model')
  const vocabulary = isRecord(model) ? own(model, 'vocab') : file
  // A table of ids, or (Unigram) a list of pieces in the order of their ids.
  const ids: readonly unknown[] = isRecord(vocabulary) ? Object.values(vocabulary) : []
  const listed = Array.isArray(vocabulary) ? vocabulary.length : 0
  const added = own(file, 'added_tokens')
  const addedIds = Array.isArray(added) ? added.map((entry: unknown) => (isRecord(entry) ? own(entry, 'id') : undefined)) : []
  return [...ids, ...addedIds].reduce<number>((count, id) => (isIntegerIn(id, 0, maximumTokenId) ? Math.max(count, id + 1) : count), listed)
}
