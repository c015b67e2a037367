import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readTokenizerJson } from '../../../src/language/tokenizerFiles'
import type { Tokenizer } from '../../../src/language/tokenizer'

// What Hugging Face tokenizers makes of the same texts; make.py beside this file wrote it.
interface Oracle {
  readonly patches: Readonly<Record<string, object>>
  readonly modelPatches: Readonly<Record<string, object>>
  readonly without: readonly string[]
  readonly cases: readonly { readonly name: string; readonly text: string; readonly ids: Readonly<Record<string, readonly number[]>> }[]
  readonly long: readonly { readonly name: string; readonly parts: readonly (readonly [string, number])[]; readonly ids: Readonly<Record<string, { readonly count: number; readonly fnv: number }>> }[]
  readonly decodings: readonly { readonly tokenizer: string; readonly ids: readonly number[]; readonly text: string }[]
}

interface SmallFile {
  readonly model: { readonly vocab: Readonly<Record<string, number>>; readonly merges: readonly (readonly [string, string])[] }
}

const oracle = JSON.parse(readFileSync(join(__dirname, 'cases.json'), 'utf8')) as Oracle
const small = JSON.parse(readFileSync(join(__dirname, 'small.json'), 'utf8')) as SmallFile

const tokenizers: ReadonlyMap<string, Tokenizer> = new Map([
  ['embedded', readTokenizerJson(readFileSync(join(__dirname, '../../../media/model/tokenizer.json')))],
  ...Object.entries(oracle.patches).map(([name, patch]) => [name, fromObject({ ...small, ...patch })] as const),
  ...Object.entries(oracle.modelPatches).map(([name, patch]) => [name, fromObject({ ...small, model: { ...withoutTokens(small.model), ...patch }, added_tokens: [] })] as const),
  ['whole words', fromObject({ ...small, model: { ...small.model, merges: small.model.merges.slice(0, 40), ignore_merges: true } })],
])

function fromObject(file: object): Tokenizer {
  return readTokenizerJson(new TextEncoder().encode(JSON.stringify(file)))
}

function withoutTokens(model: SmallFile['model']): SmallFile['model'] {
  const gone = (token: string): boolean => oracle.without.some((character) => token.includes(character))
  return {
    ...model,
    vocab: Object.fromEntries(Object.entries(model.vocab).filter(([token]) => !gone(token))),
    merges: model.merges.filter((pair) => !pair.some(gone)),
  }
}

function tokenizer(name: string): Tokenizer {
  const found = tokenizers.get(name)
  if (found === undefined) throw new Error(`no tokenizer ${name}`)
  return found
}

/** FNV-1a of the ids, 32 bits, an id at a time. */
function fnv(ids: Int32Array): number {
  return ids.reduce((hash, id) => Math.imul(hash ^ id, 0x01000193), 0x811c9dc5 | 0) >>> 0
}

describe.each([...tokenizers.keys()])('the tokenizer %s gives the ids of Hugging Face', (name) => {
  it.each(oracle.cases)('for $name', ({ text, ids }) => {
    expect([...tokenizer(name).encode(text)]).toEqual(ids[name] ?? ids['small'])
  })
})

describe.each(['embedded', 'small'])('the tokenizer %s gives the ids of Hugging Face', (name) => {
  it.each(oracle.long)('for $name', ({ parts, ids }) => {
    const text = parts.map(([piece, count]) => piece.repeat(count)).join('')
    const found = tokenizer(name).encode(text)
    expect({ count: found.length, fnv: fnv(found) }).toEqual(ids[name])
  })
})

describe('decoding', () => {
  it.each(oracle.decodings)('of $ids by the tokenizer $tokenizer gives the text of Hugging Face', ({ tokenizer: name, ids, text }) => {
    expect(tokenizer(name).decode(ids)).toBe(text)
  })

  it.each(oracle.cases)('gives back the text that was encoded: $name', ({ text }) => {
    const embedded = tokenizer('embedded')
    expect(embedded.decode(embedded.encode(text))).toBe(text.replace(/\p{Surrogate}/gu, '\ufffd'))
  })
})
