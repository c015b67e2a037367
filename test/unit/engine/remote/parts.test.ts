import { describe, expect, it } from 'vitest'
import { endpoint, isReadableOnTheWay, parseServerUrl } from '../../../../src/engine/remote/address'
import { oneLine, parseCompletion, parseComplaint, parseModels, type ServerToken } from '../../../../src/engine/remote/messages'
import { PieceReader } from '../../../../src/engine/remote/pieces'
import { endThatFits, mostTokens, placeThatFits } from '../../../../src/engine/remote/room'
import { alignTokens } from '../../../../src/engine/remote/scorer'

describe('the address of a server', () => {
  it.each(['https://gpu.example', 'http://127.0.0.1:8080', 'https://gpu.example/team/v1/', ' http://[::1]:8000/ '])('may be %s', (text) => {
    expect(parseServerUrl(text)).toBeInstanceOf(URL)
  })
  it.each(['', 'gpu', 'gpu.example:8000', 'ftp://gpu', 'javascript:alert(1)', 'https://user@gpu', 'https://u:p@gpu', 'https://gpu/?key=1', 'https://gpu/#x'])('may not be %j', (text) => {
    expect(parseServerUrl(text)).toBeUndefined()
  })
  it.each([
    ['http://localhost:8000', false], ['http://127.0.0.1', false], ['http://[::1]', false], ['https://gpu.example', false],
    ['http://gpu', true], ['http://192.168.0.2', true], ['http://localhost.example', true],
  ])('%s lets others read on the way: %s', (text, readable) => {
    expect(isReadableOnTheWay(new URL(text))).toBe(readable)
  })
  it('keeps its host, whatever the path', () => {
    expect(endpoint(new URL('https://gpu.example//evil.example/'), 'models').host).toBe('gpu.example')
  })
})

describe('a message of a server', () => {
  it.each<[string, unknown]>([
    ['no object', 'text'], ['no choices', {}], ['choices that are none', { choices: 'a' }], ['a choice without text', { choices: [{ index: 0 }] }], ['null', null],
  ])('with %s is none', (_, json) => {
    expect(parseCompletion(json)).toBeUndefined()
  })

  it.each<[string, unknown, unknown]>([
    ['log-probabilities above 0 as 0', { tokens: ['a'], token_logprobs: [0.0001], top_logprobs: [null] }, [{ text: 'a', logprob: 0, listed: [] }]],
    ['what is no log-probability as none', { tokens: ['a', 'b', 3], token_logprobs: ['x', 7, -1] }, [{ text: 'a', logprob: null }, { text: 'b', logprob: null }, { text: '', logprob: -1 }]],
    ['half characters as no alternatives', { tokens: ['a'], token_logprobs: [-1], top_logprobs: [{ '\ufffd': -1, '': -2, 'b': -3, '__proto__': 'x' }] }, [{ text: 'a', listed: [{ text: 'b', logprob: -3 }] }]],
    ['no log-probabilities as none', { tokens: 'a' }, undefined],
  ])('reads %s', (_, logprobs, tokens) => {
    const read = parseCompletion({ choices: [{ text: 'a', logprobs }] })?.parts[0]?.tokens
    if (tokens === undefined) expect(read).toBeUndefined()
    else expect(read).toMatchObject(tokens as object)
  })

  it.each<[string, unknown, unknown]>([
    ['vLLM', { data: [{ id: 'm', max_model_len: 4096 }] }, [{ id: 'm', contextLength: 4096 }]],
    ['llama-server', { data: [{ id: 'm.gguf', meta: { n_ctx: 2048, n_ctx_train: 8192 } }] }, [{ id: 'm.gguf', contextLength: 2048 }]],
    ['llama-cpp-python', { data: [{ id: 'm', permissions: [] }] }, [{ id: 'm', contextLength: undefined }]],
    ['somebody who lies', { data: [{ id: 'm', max_model_len: -1 }, { id: 7 }, { id: '' }, { id: 'x'.repeat(2000) }, null] }, [{ id: 'm', contextLength: undefined }]],
  ])('lists models as %s does', (_, json, models) => {
    expect(parseModels(json)).toEqual(models)
  })

  it.each<[string, unknown, string]>([
    ['vLLM', { error: { message: 'no', type: 'BadRequestError', code: 400 } }, 'no'],
    ['llama-server', { error: { code: 500, message: 'bad', type: 'server_error' } }, 'bad'],
    ['FastAPI', { detail: 'Not Found' }, 'Not Found'],
    ['text-generation-inference', { error: 'Model is overloaded', error_type: 'overloaded' }, 'Model is overloaded'],
    ['nobody', [1, 2], ''],
  ])('complains as %s does', (_, json, reason) => {
    expect(parseComplaint(json)).toEqual({ reason, tooLong: undefined })
  })

  it('is on one short line before anybody sees it', () => {
    expect(oneLine('a\n\tb\u001b[31m\u202ec')).toBe('a b [31m c')
    expect(oneLine('x'.repeat(1000))).toHaveLength(200)
  })
})

describe('text and tokens of a streamed answer', () => {
  const token = (text: string, logprob: number | null = -1): ServerToken => ({ text, id: undefined, logprob, listed: [{ text, logprob: -1 }] })
  it.each<[string, readonly { text: string; tokens?: readonly ServerToken[] }[], readonly (readonly [string, number | undefined, boolean])[]]>([
    ['token by token', [{ text: ' a', tokens: [token(' a')] }, { text: ' b', tokens: [token(' b')] }], [[' a', -1, true], [' b', -1, true]]],
    ['several at once', [{ text: ' a b', tokens: [token(' a'), token(' b', -2)] }], [[' a', -1, true], [' b', -2, true]]],
    ['a character over two tokens', [{ text: '', tokens: [token('\ufffd')] }, { text: 'é', tokens: [token('', -2)] }], [['é', -3, false]]],
    ['tokens without the space before them', [{ text: ' the', tokens: [token('the')] }], [[' the', -1, false]]],
    ['a token whose probability is missing', [{ text: ' the', tokens: [token(' the', null)] }], [[' the', undefined, true]]],
    ['text of tokens that were left out', [{ text: ' naïve', tokens: [token('ve')] }], [[' naïve', undefined, false]]],
    ['an empty last event', [{ text: ' a', tokens: [token(' a')] }, { text: '' }], [[' a', -1, true]]],
    ['text that was held back, without tokens', [{ text: '', tokens: [token('a')] }, { text: 'a' }], [['a', -1, false]]],
  ])('%s', (_, parts, pieces) => {
    const reader = new PieceReader()
    const read = parts.flatMap(({ text, tokens }) => reader.read({ text, tokens }) ?? [])
    expect(read.map(({ text, logprob, listed }) => [text, logprob, listed !== undefined])).toEqual(pieces)
  })
  it('without any tokens', () => {
    expect(new PieceReader().read({ text: 'a', tokens: undefined })).toBeUndefined()
  })
})

describe('the room for a text', () => {
  it.each([['word '.repeat(100), 40], ['слово '.repeat(100), 40], ['言葉'.repeat(100), 40], ['x'.repeat(500), 40]])('%#: its end and its beginning fit', (text, tokens) => {
    const last = endThatFits(text, tokens)
    expect(text.endsWith(last) && last.length > 0 && mostTokens(last) <= tokens).toBe(true)
    const place = placeThatFits(text, 10, tokens)
    expect(place > 10 && mostTokens(text.slice(10, place)) <= tokens).toBe(true)
  })
  it('is enough for a short one', () => {
    expect([endThatFits('a b', 9), placeThatFits('a b', 0, 9)]).toEqual(['a b', 3])
  })
})

describe('tokens laid along a text', () => {
  const tokens = (...texts: readonly string[]): readonly ServerToken[] => texts.map((text, i) => ({ text, id: i, logprob: i === 0 ? null : -1, listed: [] }))
  it.each<[string, readonly ServerToken[], string, readonly string[] | undefined]>([
    ['as they are', tokens('a', ' b', '!'), 'a b', ['a', ' b']],
    ['behind a mark of the server’s own', tokens('<s>', 'a', ' b', '!'), 'a b', ['a', ' b']],
    ['with a character over two of them', tokens('a', '\ufffd', '', ' b', '!'), 'aé b', ['a', '', 'é', ' b']],
    ['of another text', tokens('a', ' c', '!'), 'a b', undefined],
    ['of half the text', tokens('a'), 'a b', undefined],
  ])('%s', (_, served, window, texts) => {
    expect(alignTokens(served, window)?.map(({ text }) => text)).toEqual(texts)
  })
})
