import { describe, expect, it } from 'vitest'
import { InklingError } from '../../../src/base/errors'
import { readTokenizerJson, readVocabularyFiles } from '../../../src/language/tokenizerFiles'

const vocabulary = { a: 0, b: 1, Ġ: 2, ab: 3, Ġa: 4, __proto__x: 5 }
const merges = ['a b', 'Ġ a']
const byteLevel = { type: 'ByteLevel', add_prefix_space: false, use_regex: true }
const sound = { model: { type: 'BPE', vocab: vocabulary, merges }, pre_tokenizer: byteLevel, added_tokens: [{ id: 6, content: '<|endoftext|>', special: true }] }

function bytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))
}

function withModel(changes: object): object {
  return { ...sound, model: { ...sound.model, ...changes } }
}

function withAdded(...tokens: unknown[]): object {
  return { ...sound, added_tokens: tokens }
}

function codeOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (error instanceof InklingError) return error.code
    throw error
  }
  return 'nothing thrown'
}

describe('a sound tokenizer.json', () => {
  const tokenizer = readTokenizerJson(bytes(sound))

  it.each([
    ['ab ab a', [3, 2, 3, 4]],
    ['a<|endoftext|>b', [0, 6, 1]],
    ['', []],
    ['axb', [3]],
  ])('turns %j into %j', (text, ids) => {
    expect([...tokenizer.encode(text)]).toEqual(ids)
  })

  it('counts its added tokens', () => {
    expect(tokenizer.vocabularySize).toBe(7)
    expect(tokenizer.endOfText).toBe(6)
  })

  it('gives no bytes for ids that it does not know', () => {
    expect([-1, 7, 1e9, 0.5, Number.NaN].map((id) => tokenizer.bytes(id).length)).toEqual([0, 0, 0, 0, 0])
    expect(tokenizer.decode([0, 99, 1])).toBe('ab')
  })

  it('takes merges as pairs and a byte order mark at the beginning', () => {
    const pairs = readTokenizerJson(bytes(`\ufeff${JSON.stringify(withModel({ merges: [['a', 'b'], ['Ġ', 'a']] }))}`))
    expect([...pairs.encode('ab ab a')]).toEqual([3, 2, 3, 4])
  })

  it('believes the model about the end of a text', () => {
    expect(readTokenizerJson(bytes(sound), { endOfText: 2 }).endOfText).toBe(2)
  })

  it('takes __proto__ and constructor for tokens like any other', () => {
    const text = '{"model":{"vocab":{"_":0,"p":1,"r":2,"o":3,"t":4,"__":5,"__proto__":6,"__p":7,"ro":8,"to":9,"roto":10,"__proto":11,"constructor":12},' +
      '"merges":["_ _","r o","t o","__ p","ro to","__p roto","__proto __"]},"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false}}'
    const tokenizer = readTokenizerJson(bytes(text))
    expect([...tokenizer.encode('t')]).toEqual([4])
    expect(tokenizer.decode([6, 12])).toBe('__proto__constructor')
    expect(tokenizer.decode(tokenizer.encode('__proto'))).toBe('__proto')
  })

  it('keeps holes in its ids', () => {
    const holed = readTokenizerJson(bytes(withModel({ vocab: { a: 0, b: 40, ab: 7 }, merges: ['a b'] })))
    expect([...holed.encode('abb')]).toEqual([7, 40])
    expect(holed.vocabularySize).toBe(41)
    expect(holed.decode([7, 8, 40])).toBe('abb')
  })
})

describe('a broken tokenizer.json is refused', () => {
  it.each([
    ['no JSON', '{"model": {'],
    ['an array', []],
    ['deep nesting', '['.repeat(100_000)],
    ['no model', {}],
    ['a model that is a list', { ...sound, model: [] }],
    ['no vocabulary', { ...sound, model: { merges } }],
    ['an empty vocabulary', withModel({ vocab: {} })],
    ['an id that is a string', withModel({ vocab: { ...vocabulary, c: '6' } })],
    ['a negative id', withModel({ vocab: { ...vocabulary, c: -1 } })],
    ['half an id', withModel({ vocab: { ...vocabulary, c: 6.5 } })],
    ['an absurd id', withModel({ vocab: { ...vocabulary, c: 4e9 } })],
    ['two tokens of one id', withModel({ vocab: { ...vocabulary, c: 0 } })],
    ['merges that are no list', withModel({ merges: { 0: 'a b' } })],
    ['a merge of one', withModel({ merges: ['ab'] })],
    ['a merge of three', withModel({ merges: ['a b b'] })],
    ['a pair of numbers', withModel({ merges: [[0, 1]] })],
    ['a merge that is null', withModel({ merges: [null] })],
    ['a merge of an unknown token', withModel({ merges: ['a c'] })],
    ['a merge into an unknown token', withModel({ merges: ['b a'] })],
    ['a merge of property names', withModel({ merges: ['constructor toString'] })],
    ['added tokens that are no list', { ...sound, added_tokens: {} }],
    ['an added token that is no object', withAdded('x')],
    ['an added token without text', withAdded({ id: 6 })],
    ['an added token of empty text', withAdded({ id: 6, content: '' })],
    ['an added token without id', withAdded({ content: 'x' })],
    ['an added token of absurd id', withAdded({ id: 1e15, content: 'x' })],
    ['an added token with the id of another', withAdded({ id: 0, content: 'x' })],
    ['an added token with two ids', withAdded({ id: 6, content: 'x' }, { id: 7, content: 'x' })],
    ['an added token that renames one of the vocabulary', withAdded({ id: 7, content: 'ab' })],
    ['a flag that is no flag', withAdded({ id: 6, content: 'x', lstrip: 'yes' })],
    ['a pre-tokenizer without type', { ...sound, pre_tokenizer: {} }],
    ['a sequence without steps', { ...sound, pre_tokenizer: { type: 'Sequence' } }],
    ['a sequence without end', { ...sound, normalizer: nest('normalizers', { type: 'NFC' }) }],
  ])('for %s', (_, file) => {
    expect(codeOf(() => readTokenizerJson(bytes(file)))).toBe('model-file-broken')
  })
})

function nest(name: string, inner: object): object {
  return Array.from({ length: 50 }).reduce<object>((value) => ({ type: 'Sequence', [name]: [value] }), inner)
}

describe('another kind of tokenizer is called unsupported', () => {
  it.each([
    ['WordPiece', withModel({ type: 'WordPiece' })],
    ['Unigram', withModel({ type: 'Unigram' })],
    ['a kind that is a number', withModel({ type: 7 })],
    ['a prefix of inner pieces', withModel({ continuing_subword_prefix: '##' })],
    ['an ending of last pieces', withModel({ end_of_word_suffix: '</w>' })],
    ['no pre-tokenizer', { ...sound, pre_tokenizer: null }],
    ['Metaspace', { ...sound, pre_tokenizer: { type: 'Metaspace' } }],
    ['bytes before digits', { ...sound, pre_tokenizer: { type: 'Sequence', pretokenizers: [byteLevel, { type: 'Digits' }] } }],
    ['an expression of its own', { ...sound, pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'Split', pattern: { Regex: '(a+)+$' }, behavior: 'Isolated' }, byteLevel] } }],
    ['an unknown normalizer', { ...sound, normalizer: { type: 'Lowercase' } }],
  ])('for %s', (_, file) => {
    expect(codeOf(() => readTokenizerJson(bytes(file)))).toBe('model-unsupported')
  })
})

describe('vocab.json and merges.txt', () => {
  const read = (mergesText: string, configuration?: object) =>
    readVocabularyFiles({ vocabulary: bytes({ ...vocabulary, '<|endoftext|>': 6 }), merges: bytes(mergesText), configuration: configuration && bytes(configuration) })

  it.each([
    ['a version line', '#version: 0.2\na b\nĠ a\n'],
    ['lines of Windows', '#version: 0.2\r\na b\r\nĠ a\r\n'],
    ['no end of the last line', 'a b\nĠ a'],
  ])('are read with %s', (_, text) => {
    const tokenizer = read(text)
    expect([...tokenizer.encode('ab ab a<|endoftext|>')]).toEqual([3, 2, 3, 4, 6])
    expect(tokenizer.endOfText).toBe(6)
  })

  it('take added tokens and the space at the beginning from tokenizer_config.json', () => {
    const tokenizer = read('a b\nĠ a', { add_prefix_space: true, eos_token: { content: '</s>' }, added_tokens_decoder: { 9: { content: '</s>', special: true }, 8: { content: 'ba', lstrip: true } } })
    expect([...tokenizer.encode('ab  ba</s>')]).toEqual([2, 3, 8, 9])
    expect(tokenizer.endOfText).toBe(9)
    expect(tokenizer.vocabularySize).toBe(10)
  })

  it.each([
    ['a merge of one', 'ab'],
    ['a merge of an unknown token', 'a q'],
  ])('are refused for %s', (_, text) => {
    expect(codeOf(() => read(text))).toBe('model-file-broken')
  })

  it.each([
    ['an added token whose id is a word', { added_tokens_decoder: { x: { content: 'q' } } }],
    ['added tokens that are a list', { added_tokens_decoder: [] }],
  ])('are refused for %s', (_, configuration) => {
    expect(codeOf(() => read('a b', configuration))).toBe('model-file-broken')
  })
})
