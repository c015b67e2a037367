import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { partsOf } from '../../../src/language/tokenizerFiles'
import { decodeParts, encodeParts, type TokenizerParts } from '../../../src/language/tokenizerParts'

const embedded = partsOf(readFileSync(`${__dirname}/../../../media/model/tokenizer.json`))

function tablesWith(tokens: readonly (string | undefined)[]): TokenizerParts {
  const ids = new Map(tokens.flatMap((token, id) => (token === undefined ? [] : [[token, id]])))
  return { tables: { vocabulary: { ids, tokens }, merges: Int32Array.of(0, 1, 2) }, rest: { added_tokens: [{ id: 0, content: '<|x|>' }] } }
}

function encoded(parts: TokenizerParts): Uint8Array {
  const bytes = encodeParts(parts)
  if (bytes === undefined) throw new Error('no bytes')
  return bytes
}

describe('the parts of a tokenizer, through bytes,', () => {
  it.each<[string, TokenizerParts]>([
    ['of the embedded model', embedded],
    ['with holes', tablesWith(['a', undefined, 'ab', undefined, 'b'])],
    ['with names that objects have', tablesWith(['__proto__', 'constructor', ''])],
    ['with characters of two units', tablesWith(['👩‍🚀', '\ufeff', 'é', '春'])],
    ['without merges', { ...tablesWith(['a']), tables: { ...tablesWith(['a']).tables, merges: new Int32Array(0) } }],
  ])('%s stay what they are', (_, parts) => {
    const read = decodeParts(encoded(parts))
    const { tables } = parts
    expect(read?.tables.vocabulary.tokens).toEqual([...tables.vocabulary.tokens])
    expect(new Map(read?.tables.vocabulary.ids)).toEqual(new Map(tables.vocabulary.ids))
    expect(read?.tables.merges).toEqual(tables.merges)
    expect(read?.rest).toEqual(JSON.parse(JSON.stringify(parts.rest)))
  })

  it('are found wherever they lie in memory', () => {
    const bytes = encoded(embedded)
    const shifted = new Uint8Array(bytes.length + 1)
    shifted.set(bytes, 1)
    expect(decodeParts(shifted.subarray(1))?.tables.merges).toEqual(embedded.tables.merges)
  })

  it('are not written for tokens that are no Unicode', () => {
    expect(encodeParts(tablesWith(['a', '\ud83d', 'b']))).toBeUndefined()
  })

  it.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ['nothing', () => new Uint8Array(0)],
    ['a few bytes', (bytes) => bytes.subarray(0, 9)],
    ['a part', (bytes) => bytes.subarray(0, bytes.length - 1)],
    ['more than all', (bytes) => Uint8Array.from([...bytes, 0])],
    ['numbers that are none of sizes', (bytes) => Uint8Array.from([255, 255, 255, 255, ...bytes.subarray(4)])],
  ])('are not read from %s', (_, change) => {
    expect(decodeParts(change(encoded(tablesWith(['a', 'b', 'ab']))))).toBeUndefined()
  })
})
