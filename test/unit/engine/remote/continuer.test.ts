import { describe, expect, it } from 'vitest'
import type { ContinuationRequest } from '../../../../src/language/continuation'
import { continueOnServer } from '../../../../src/engine/remote/continuer'
import { agreeingShare } from '../../../../src/engine/remote/growth'
import type { Piece } from '../../../../src/engine/remote/pieces'
import type { Place } from './modelServer'

const limits = { maxTokens: 16, minFirstWord: 0.5, minJoint: 0.2, boundary: 'sentence' } as const

function piece({ text, p, others = {} }: Place): Piece {
  return { text, logprob: Math.log(p), listed: Object.entries({ [text]: p, ...others }).map(([listed, value]) => ({ text: listed, logprob: Math.log(value) })) }
}

/** A server that answers each prompt of `script` with its places; what it was asked is noted. */
async function run(script: Readonly<Record<string, readonly Place[]>>, request: Partial<ContinuationRequest>, finish: 'stop' | 'length' = 'length') {
  const asked: string[] = []
  const found = await continueOnServer(
    async function* (prompt) {
      asked.push(prompt)
      for (const place of script[prompt] ?? []) yield piece(place)
      return finish
    },
    { prompt: 'The', healing: '', candidates: 1, limits, ...request },
    () => {},
  )
  return { asked, texts: found.map(({ text }) => text), found }
}

const end: Place = { text: ' maybe', p: 0.05, others: { ' or': 0.04, ' and': 0.04 } }

describe('a continuation by the likeliest tokens of a server', () => {
  it.each<[string, readonly Place[], readonly string[]]>([
    ['ends where the server is not sure', [{ text: ' quick', p: 0.9 }, { text: ' fox', p: 0.8 }, end], [' quick fox']],
    ['holds whole words only', [{ text: ' qu', p: 0.9 }, { text: 'ick', p: 0.9 }, { text: ' re', p: 0.9 }, { text: 'd', p: 0.1, others: { 'al': 0.09 } }], [' quick']],
    ['is nothing when the first word is not sure', [{ text: ' quick', p: 0.45, others: { ' slow': 0.4 } }, end], []],
    ['is nothing when where the first word ends is not sure', [{ text: ' quick', p: 0.8 }, { text: ' fox', p: 0.3, others: { 'ly': 0.29, 'er': 0.28 } }], []],
    ['counts what is not listed as divided like what is', [{ text: ' quick', p: 0.8 }, { text: ' fox', p: 0.2, others: { ' dog': 0.1 } }], [' quick']],
    ['ends with the sentence', [{ text: ' end', p: 0.9 }, { text: '.', p: 0.9 }, { text: ' Then', p: 0.9 }, end], [' end.']],
    ['ends with the line', [{ text: ' end', p: 0.9 }, { text: '\n', p: 0.9 }, { text: 'Then', p: 0.9 }], [' end']],
    ['does not wait for what an opening mark opens', [{ text: ' see', p: 0.9 }, { text: ' (', p: 0.9 }, { text: 'x', p: 0.05 }], [' see']],
    ['stops at a second space', [{ text: ' see', p: 0.9 }, { text: ' ', p: 0.9 }, { text: ' you', p: 0.9 }, end], [' see']],
    ['is nothing when the line would end', [{ text: '\n', p: 0.9 }], []],
  ])('%s', async (_, places, texts) => {
    expect((await run({ The: places }, {})).texts).toEqual(texts)
  })

  it('gives the probability of the first word, its end included, and of all', async () => {
    const { found: [found] } = await run({ The: [{ text: ' quick', p: 0.9 }, { text: ' fox', p: 0.6, others: { 'ly': 0.2 } }, { text: '.', p: 0.5, others: { ' is': 0.5 } }, end] }, {})
    expect(found?.firstWord).toBeCloseTo(0.9 * 0.75)
    expect(found?.pieces.map(({ logprob }) => Math.exp(logprob))).toEqual([expect.closeTo(0.9), expect.closeTo(0.6), expect.closeTo(0.5)])
  })

  it.each([['stop', 'eos', ' quick'], ['length', 'length', undefined]] as const)('knows a word at the end only where the text ends (%s)', async (finish, how, text) => {
    const { found } = await run({ The: [{ text: ' quick', p: 0.999 }] }, { limits: { ...limits, minFirstWord: 0.4 } }, finish)
    expect(found[0]?.text).toBe(text)
    if (text !== undefined) expect(found[0]?.finish).toBe(how)
  })
})

describe('letters that were typed already', () => {
  it.each<[string, string, Readonly<Record<string, readonly Place[]>>, readonly string[], readonly string[]]>([
    ['are written by the likeliest way', ' qu', { The: [{ text: ' quick', p: 0.8 }, { text: ' fox', p: 0.9 }, end] }, ['The'], ['ick fox']],
    ['are written over several tokens', ' qui', { The: [{ text: ' qu', p: 0.8, others: { ' x': 0.1 } }, { text: 'ick', p: 0.9 }, { text: ' fox', p: 0.9 }, end] }, ['The'], ['ck fox']],
    ['are a space', ' ', { The: [{ text: ' quick', p: 0.9 }, end] }, ['The'], ['quick']],
    ['are a whole word, and the next one is seen', ' quick', { The: [{ text: ' quick', p: 0.8 }, { text: ' fox', p: 0.9 }, { text: '.', p: 0.9 }, end] }, ['The'], [' fox.']],
    ['are written by the likeliest of the listed tokens that begins with them', ' sl', { 'The': [{ text: ' quick', p: 0.8, others: { ' slow': 0.1, ' small': 0.05 } }], 'The slow': [{ text: ' fox', p: 0.9 }, end] }, ['The', 'The slow'], ['ow fox']],
    ['are gone on with as they are when no listed token begins so', ' zeb', { 'The': [{ text: ' quick', p: 0.9 }], 'The zeb': [{ text: 'ra', p: 0.95 }, { text: ' is', p: 0.9 }, end] }, ['The', 'The zeb'], ['ra is']],
    ['leave nothing when what begins so is not sure', ' s', { 'The': [{ text: ' quick', p: 0.8, others: { ' slow': 0.05, ' small': 0.05 } }] }, ['The'], []],
    ['are not a token that only shares some of them', ' sun', { 'The': [{ text: ' sand', p: 0.9 }], 'The sun': [{ text: ' is', p: 0.9 }, end] }, ['The', 'The sun'], [' is']],
  ])('%s', async (_, healing, script, prompts, texts) => {
    const { asked, texts: found } = await run(script, { healing })
    expect(found).toEqual(texts)
    expect(asked).toEqual(prompts)
  })

  it('are what the probability is relative to', async () => {
    const { found: [found] } = await run({ The: [{ text: ' sl', p: 0.3, others: { ' small': 0.1, ' quick': 0.6 } }, { text: 'ow', p: 0.5, others: { 'eep': 0.5 } }, { text: ' fox', p: 1 }, end] }, { healing: ' s', limits: { ...limits, minFirstWord: 0.3 } })
    expect(found?.firstWord).toBeCloseTo((0.3 * 0.5) / 0.4)
    expect(found?.text).toBe('low fox')
  })

  it('where a text begins are asked as they are', async () => {
    expect(await run({ On: [{ text: 'ce', p: 0.9 }, { text: ' upon', p: 0.9 }, end] }, { prompt: '', healing: 'On' })).toMatchObject({ asked: ['On'], texts: ['ce upon'] })
    expect((await run({}, { prompt: '', healing: '' })).asked).toEqual([])
  })

  it.each([
    ['nothing is listed', undefined, ' s', 1],
    ['all is listed', { ' so': 0.5, ' no': 0.5 }, ' s', 0.5],
    ['much is not listed, and what is agrees', { ' so': 0.5 }, ' so', 1],
    ['much is not listed, and little of what is agrees', { ' so': 0.1, ' no': 0.4 }, ' s', 0.2],
    ['what is not listed cannot all be otherwise', { ' no': 0.5 }, ' s', 0.5 * 0.17],
    ['the more letters, the fewer words', { ' no': 0.5 }, ' sop', (0.5 * 0.17) / 4],
  ] as const)('have a share of all tokens when %s', (_, listed, missing, share) => {
    expect(agreeingShare(listed && Object.entries(listed).map(([text, p]) => ({ text, logprob: Math.log(p) })), missing)).toBeCloseTo(share)
  })
})

describe('several candidates', () => {
  const script = {
    'The': [{ text: ' quick', p: 0.5, others: { ' slow': 0.3, ' quickest': 0.1, ' old': 0.1 } }, { text: ' fox', p: 0.9 }, end],
    'The slow': [{ text: ' dog', p: 0.9 }, end],
    'The old': [{ text: ' cat', p: 0.9 }, end],
    'The quickest': [{ text: ' way', p: 0.9 }, end],
  }
  const easy = { ...limits, minFirstWord: 0.01, minJoint: 0.01 }

  it('begin with different words, likeliest first, a request for each', async () => {
    const { asked, texts } = await run(script, { candidates: 3, limits: easy })
    expect(texts.map((text) => text.split(' ')[1])).toEqual(['quick', 'slow', 'quickest'])
    expect(asked).toEqual(['The', 'The slow', 'The quickest'])
  })

  it('cost no more requests than one above their number', async () => {
    const listed = Object.fromEntries([...'abcdefghijklmnop'].map((letter) => [` ${letter}`, 0.06]))
    const { asked } = await run({ The: [{ text: ' a', p: 0.06, others: listed }] }, { candidates: 3, limits: easy })
    expect(asked.length).toBeLessThanOrEqual(4)
  })
})
