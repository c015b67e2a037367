import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseJsonObject } from '../../../src/language/fileGuards'
import { decodeTables, encodeTables, type BpeTables } from '../../../src/language/bpeTables'
import { tablesOf } from '../../../src/language/tokenizerFiles'

const embedded = tablesOf(parseJsonObject('tokenizer.json', readFileSync(`${__dirname}/../../../media/model/tokenizer.json`)))

function tablesWith(tokens: readonly (string | undefined)[]): BpeTables {
  const ids = new Map(tokens.flatMap((token, id) => (token === undefined ? [] : [[token, id]])))
  return { vocabulary: { ids, tokens }, merges: Int32Array.of(0, 1, 2) }
}

function encoded(tables: BpeTables): Uint8Array {
  const bytes = encodeTables(tables)
  if (bytes === undefined) throw new Error('no bytes')
  return bytes
}

describe('the tables of a tokenizer, through bytes,', () => {
  it.each<[string, BpeTables]>([
    ['of the embedded model', embedded],
    ['with holes', tablesWith(['a', undefined, 'ab', undefined, 'b'])],
    ['with names that objects have', tablesWith(['__proto__', 'constructor', ''])],
    ['with characters of two units', tablesWith(['👩‍🚀', '\ufeff', 'é', '春'])],
    ['without merges', { ...tablesWith(['a']), merges: new Int32Array(0) }],
  ])('%s stay what they are', (_, tables) => {
    const read = decodeTables(encoded(tables))
    expect(read?.vocabulary.tokens).toEqual([...tables.vocabulary.tokens])
    expect(new Map(read?.vocabulary.ids)).toEqual(new Map(tables.vocabulary.ids))
    expect(read?.merges).toEqual(tables.merges)
  })

  it('are found wherever they lie in memory', () => {
    const bytes = encoded(embedded)
    const shifted = new Uint8Array(bytes.length + 1)
    shifted.set(bytes, 1)
    expect(decodeTables(shifted.subarray(1))?.merges).toEqual(embedded.merges)
  })

  it('are not written for tokens that are no Unicode', () => {
    expect(encodeTables(tablesWith(['a', '\ud83d', 'b']))).toBeUndefined()
  })

  it.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ['nothing', () => new Uint8Array(0)],
    ['a few bytes', (bytes) => bytes.subarray(0, 9)],
    ['a part', (bytes) => bytes.subarray(0, bytes.length - 1)],
    ['more than all', (bytes) => Uint8Array.from([...bytes, 0])],
    ['numbers that are none of sizes', (bytes) => Uint8Array.from([255, 255, 255, 255, ...bytes.subarray(4)])],
  ])('are not read from %s', (_, change) => {
    expect(decodeTables(change(encoded(tablesWith(['a', 'b', 'ab']))))).toBeUndefined()
  })
})
