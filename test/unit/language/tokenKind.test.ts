import { describe, expect, it } from 'vitest'
import { keepTail } from '../../../src/language/keepTail'
import { endOf, joins, kindOf, parts, TextEnd, TokenKind } from '../../../src/language/tokenKind'
import { TokenTable } from '../../../src/language/tokenTable'
import { toUtf8, unfinishedBytes } from '../../../src/language/utf8'
import { embeddedTokenizer } from '../../support/embeddedTokenizer'

describe('the kind of a token', () => {
  it.each([
    ['', TokenKind.None],
    ['word', TokenKind.Letter],
    ['É', TokenKind.Letter],
    ['7', TokenKind.Letter],
    ['½', TokenKind.Letter],
    ['слово', TokenKind.Letter],
    ['한국', TokenKind.Letter],
    [' word', TokenKind.Spaced],
    [' ,', TokenKind.Spaced],
    ['  x', TokenKind.Spaced],
    ['\u00a0x', TokenKind.Spaced],
    ['\nx', TokenKind.Break],
    [' ', TokenKind.Blank],
    ['\t\t', TokenKind.Blank],
    ['\u00a0', TokenKind.Blank],
    ['\n', TokenKind.Break],
    [' \r\n', TokenKind.Break],
    ['.', TokenKind.Other],
    ['-known', TokenKind.Other],
    ['…', TokenKind.Other],
    ['😀', TokenKind.Other],
    ['_', TokenKind.Other],
    ["'s", TokenKind.Apostrophe],
    ["'", TokenKind.Apostrophe],
    ['’', TokenKind.Apostrophe],
    ["'.", TokenKind.Other],
    ['今天', TokenKind.Unspaced],
    ['ひ', TokenKind.Unspaced],
    ['ไทย', TokenKind.Unspaced],
    ['\u0301', TokenKind.Mark],
    ['\u200d', TokenKind.Mark],
    ['\ufe0f', TokenKind.Mark],
    ['🏽', TokenKind.Mark],
  ])('%j is %i', (text, kind) => {
    expect(kindOf(toUtf8(text))).toBe(kind)
  })

  it.each([
    ['the middle of a character', [0x9f, 0x98], TokenKind.Middle],
    ['the beginning of é', [0xc3], TokenKind.Letter],
    ['the beginning of 今', [0xe4, 0xbb], TokenKind.Unspaced],
    ['the beginning of “', [0xe2, 0x80], TokenKind.Other],
    ['the beginning of 😀', [0xf0, 0x9f], TokenKind.Other],
    ['a byte of no character', [0xff], TokenKind.Other],
  ])('of %s', (_, bytes, kind) => {
    expect(kindOf(Uint8Array.from(bytes))).toBe(kind)
  })
})

describe('what a token does to the text before it', () => {
  // + goes on with the word or character, | parts from it, - cannot follow.
  it.each([
    ['word', 's', '+'],
    ['word', ' s', '|'],
    ['word', '.', '|'],
    ['word', "'s", '+'],
    ['word’', 's', '+'],
    ['word', '\u0301', '+'],
    ['word', '\n', '|'],
    ['1', '0', '+'],
    ['.', 's', '|'],
    [' ', 'word', '|'],
    ['', 'word', '|'],
    ['‘', 's', '|'],
    ['今', '天', '|'],
    ['今', 'x', '|'],
    ['word', '今', '|'],
    ['👩', '\u200d', '+'],
    ['word', '', '-'],
  ])('%j, %j: %s', (text, token, relation) => {
    const kind = kindOf(toUtf8(token))
    const end = endOf(text, false)
    expect(joins(kind, end) ? '+' : parts(kind, end) ? '|' : '-').toBe(relation)
  })

  it('is to finish a character that was begun, and nothing else', () => {
    const kinds = [TokenKind.Letter, TokenKind.Spaced, TokenKind.End, TokenKind.Mark, TokenKind.Middle]
    expect(kinds.map((kind) => joins(kind, TextEnd.Inside) || parts(kind, TextEnd.Inside))).toEqual([false, false, false, false, true])
    expect(parts(TokenKind.Middle, TextEnd.Word) || joins(TokenKind.Middle, TextEnd.Word)).toBe(false)
  })
})

describe('unfinished characters', () => {
  it.each([
    [[], 0],
    [[0x61], 0],
    [[0xc3], 1],
    [[0xc3, 0xa9], 0],
    [[0xe4, 0xbb], 2],
    [[0xf0, 0x9f, 0x98], 3],
    [[0xf0, 0x9f, 0x98, 0x80], 0],
    [[0x80, 0x80, 0x80, 0x80], 0],
    [[0xff], 0],
  ])('of %j are %i bytes', (bytes, count) => {
    expect(unfinishedBytes(Uint8Array.from(bytes))).toBe(count)
  })
})

describe('the token table', () => {
  const table = new TokenTable(embeddedTokenizer)
  const text = (id: number): string => embeddedTokenizer.decode([id])

  it.each([' revol', ' ', 'th', '\n', 'ё'])('finds the tokens that agree with %j', (wanted) => {
    const { covering, partial } = table.agreeing(toUtf8(wanted))
    const latin = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')
    const all = Array.from({ length: embeddedTokenizer.vocabularySize }, (_, id) => id).filter((id) => !embeddedTokenizer.isSpecial(id))
    const bytes = latin(toUtf8(wanted))
    expect(covering).toEqual(all.filter((id) => latin(embeddedTokenizer.bytes(id)).startsWith(bytes)))
    expect(partial).toEqual(all.filter((id) => bytes.startsWith(latin(embeddedTokenizer.bytes(id))) && latin(embeddedTokenizer.bytes(id)) !== bytes))
  })

  it('sums what is likely of each kind', () => {
    const logits = new Float32Array(embeddedTokenizer.vocabularySize + 8).fill(-Infinity)
    const set = (token: string, probability: number): void => {
      logits[embeddedTokenizer.encode(token)[0] ?? 0] = Math.log(probability) + 5
    }
    set(' the', 0.4)
    set(' a', 0.2)
    set('.', 0.3)
    logits[embeddedTokenizer.endOfText ?? 0] = Math.log(0.1) + 5
    const { mass, best, logSum } = table.summarize(logits)
    expect(logSum).toBeCloseTo(5, 5)
    expect([TokenKind.Spaced, TokenKind.Other, TokenKind.End, TokenKind.Letter].map((kind) => mass[kind])).toEqual([0.6, 0.3, 0.1, 0].map((share) => expect.closeTo(share, 5) as number))
    expect([TokenKind.Spaced, TokenKind.Other].map((kind) => text(best[kind]?.id ?? -1))).toEqual([' the', '.'])
    expect(best[TokenKind.Letter]).toBeUndefined()
    expect(table.likeliest(table.idsOf(() => true), logits, logSum, 3).map(({ id }) => text(id))).toEqual([' the', '.', ' a'])
  })
})

describe('the kept end of a prompt', () => {
  const tokens = (length: number): Int32Array => Int32Array.from({ length }, (_, i) => i)

  it.each([
    [10, 10, 0],
    [11, 10, 2],
    [12, 10, 2],
    [13, 10, 4],
    [100, 10, 90],
    [5, 1, 4],
  ])('of %i tokens in a room of %i begins at %i', (length, room, start) => {
    const kept = keepTail(tokens(length), room)
    expect(kept[0]).toBe(start)
    expect(kept.at(-1)).toBe(length - 1)
    expect(kept.length).toBeLessThanOrEqual(room)
  })
})
