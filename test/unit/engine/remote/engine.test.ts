import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { Continuation, ContinuationRequest } from '../../../../src/language/continuation'
import type { GenerationRequest } from '../../../../src/language/generate'
import { deferred } from '../../../support/deferred'
import { answer, answerJson, contentEvent, modelServer, rowsEvent, send, streamed, sure, textEvent, type ModelServer } from './modelServer'

const limits = { maxTokens: 8, minFirstWord: 0.7, minJoint: 0.25, boundary: 'sentence' } as const
const question: ContinuationRequest = { prompt: 'The', healing: '', candidates: 1, limits }
const drawing: GenerationRequest = { prompt: 'The', maxNewTokens: 8, sequences: 1, sampling: { kind: 'sample', temperature: 0.8, topK: 40, topP: 0.9, repetitionPenalty: 1.1, seed: 7 }, stop: [] }

function ask({ engine, spec }: ModelServer, request: Partial<ContinuationRequest> = {}, signal = new AbortController().signal, session = 'document'): Promise<readonly Continuation[]> {
  return engine.continue({ model: spec, session, request: { ...question, ...request } }, { signal, partial: () => {} })
}

async function write({ engine, spec }: ModelServer, request: Partial<GenerationRequest> = {}) {
  const texts: string[] = []
  const result = await engine.generate({ model: spec, ...drawing, ...request }, { signal: new AbortController().signal, partial: ({ sequence, text }) => (texts[sequence] = (texts[sequence] ?? '') + text) })
  return { ...result, texts }
}

describe('a continuation from a server', () => {
  it.each([
    ['rows of facts', rowsEvent],
    ['an object for each token', contentEvent],
  ])('goes as far as the server is sure, told in %s', async (_, event) => {
    const served = await modelServer({ completions: (response) => answer(response, ...sure.map((place) => event([place])), textEvent('', 'length')) })
    const [found] = await ask(served)
    expect(found).toMatchObject({ text: ' quick fox', finish: 'unsure', pieces: [{ text: ' quick' }, { text: ' fox' }] })
    expect(found?.firstWord).toBeCloseTo(0.95)
    expect(found?.joint).toBeCloseTo(0.95 * 0.94)
    expect(served.asked).toMatchObject([{ prompt: 'The', model: 'small', stream: true, temperature: 0, logprobs: 20 }])
  })

  it('is told as it grows', async () => {
    const { engine, spec } = await modelServer()
    const texts: string[] = []
    await engine.continue({ model: spec, session: 'a', request: question }, { signal: new AbortController().signal, partial: ({ text }) => texts.push(text) })
    expect(texts).toEqual([' quick', ' quick fox'])
  })

  it('also when a gateway in between does not stream', async () => {
    const served = await modelServer({ completions: (response) => answerJson(response, 200, rowsEvent(sure, 'length')) })
    expect(await ask(served)).toMatchObject([{ text: ' quick fox' }])
  })

  it('ends the work at the server as soon as it knows enough', async () => {
    const closed = deferred()
    const served = await modelServer({
      completions: (response) => {
        response.on('close', closed.resolve)
        streamed(response)
        send(response, rowsEvent(sure)) // and never ends by itself
      },
    })
    expect(await ask(served)).toMatchObject([{ text: ' quick fox' }])
    await closed.promise
  })

  it('ends the work at the server when it is cancelled', async () => {
    const asked = deferred()
    const closed = deferred()
    const served = await modelServer({ completions: (response) => (response.on('close', closed.resolve), asked.resolve()) })
    const controller = new AbortController()
    const cancelled = ask(served, {}, controller.signal)
    await asked.promise
    controller.abort()
    await expect(cancelled).rejects.toMatchObject({ name: 'CancelledError' })
    await closed.promise
    expect(served.statuses.filter(({ kind }) => kind === 'unavailable')).toEqual([])
  })

  it('never has two requests of one document on their way', async () => {
    let open = 0
    let most = 0
    const served = await modelServer({
      completions: (response) => {
        most = Math.max(most, ++open)
        setImmediate(() => {
          open--
          answer(response, rowsEvent(sure, 'length'))
        })
      },
    })
    await Promise.all(['a', 'b', 'c', 'd'].map((prompt) => ask(served, { prompt })))
    expect(served.asked.map(({ prompt }) => prompt)).toEqual(['a', 'b', 'c', 'd'])
    expect(most).toBe(1)
  })

  it('sends the key and follows no redirect', async () => {
    const elsewhere = await modelServer()
    const served = await modelServer({ key: 'secret', completions: (response) => response.writeHead(307, { location: `${elsewhere.server.url.href}v1/completions` }).end() })
    await expect(ask(served)).rejects.toMatchObject({ code: 'server-redirect' })
    expect(served.server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer secret', 'Bearer secret'])
    expect(elsewhere.server.requests).toHaveLength(0)
  })

  it.each([['', '/v1/completions'], ['v1', '/v1/completions'], ['v1/', '/v1/completions'], ['team/openai/v1', '/team/openai/v1/completions'], ['team', '/team/v1/completions']])('finds the protocol below /%s', async (path, completions) => {
    const served = await modelServer({ path })
    await ask(served)
    expect(served.server.requests.at(-1)?.url).toBe(completions)
  })

  it('asks for fewer alternatives where 20 are too many, and remembers it', async () => {
    const served = await modelServer({
      completions: (response, { logprobs = 0 }) => (logprobs > 5 ? answerJson(response, 400, { error: { message: 'too many', code: 400 } }) : answer(response, rowsEvent(sure, 'length'))),
    })
    await ask(served)
    await ask(served)
    expect(served.asked.map(({ logprobs }) => logprobs)).toEqual([20, 5, 5])
  })

  it.each([
    ['says how much it holds', { error: { code: 400, type: 'exceed_context_size_error', message: 'too long', n_ctx: 128 } }, 128],
    ['does not say how much', { error: { code: 'context_length_exceeded', message: 'too long' } }, 256],
  ])('sends less of a text to a server that %s', async (_, complaint, contextLength) => {
    const served = await modelServer({ completions: (response, { prompt }) => (prompt.length > 800 ? answerJson(response, 400, complaint) : answer(response, rowsEvent(sure, 'length'))) })
    expect(await ask(served, { prompt: 'word '.repeat(400).trimEnd() })).toMatchObject([{ text: ' quick fox' }])
    expect(served.asked).toHaveLength(2)
    expect(served.statuses.at(-1)).toMatchObject({ kind: 'loaded', loaded: { contextLength } })
  })
})

const sentence = (response: ServerResponse): void => {
  streamed(response)
  send(response, rowsEvent(sure.slice(0, 1)))
}

const hangUp = (response: ServerResponse): void => {
  streamed(response)
  response.write(': ping\n\n')
  setImmediate(() => response.destroy())
}

describe('a server that misbehaves', () => {
  it.each<[string, (response: ServerResponse) => void, string]>([
    ['refuses the key', (to) => answerJson(to, 401, { detail: 'Invalid API key' }), 'server-key'],
    ['forbids it', (to) => answerJson(to, 403, {}), 'server-key'],
    ['has not that model', (to) => answerJson(to, 404, { error: { message: 'The model `small` does not exist.', code: 404 } }), 'server-model-missing'],
    ['has not that place', (to) => answerJson(to, 404, { detail: 'Not Found' }), 'server-no-completions'],
    ['is busy', (to) => answerJson(to, 429, { error: 'overloaded' }, { 'retry-after': '20' }), 'server-busy'],
    ['is still loading', (to) => answerJson(to, 503, { error: { message: 'Loading model', code: 503 } }), 'server-busy'],
    ['takes no such request', (to) => answerJson(to, 422, { detail: [{ msg: 'no' }] }), 'server-refused'],
    ['fails', (to) => answerJson(to, 500, { message: 'out of memory' }), 'server-failed'],
    ['fails without a word', (to) => to.writeHead(502).end(), 'server-failed'],
    ['is a web page', (to) => to.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><p>Sign in</p>'), 'server-web-page'],
    ['is a web page by another name', (to) => to.writeHead(200, { 'content-type': 'text/event-stream' }).end('<html><body>Sign in</body></html>'), 'server-web-page'],
    ['is a web page that is not there', (to) => to.writeHead(404, { 'content-type': 'text/html' }).end('<html>'), 'server-web-page'],
    ['sends no JSON', (to) => answer(to, '{"choices": ['), 'server-garbled'],
    ['sends other JSON', (to) => answer(to, { hello: 'world' }), 'server-garbled'],
    ['sends choices that are none', (to) => answer(to, { choices: [{ text: 7 }] }), 'server-garbled'],
    ['sends a line without end', (to) => (streamed(to), to.end(`data: ${'x'.repeat(3 << 20)}`)), 'server-garbled'],
    ['sends no events at all', (to) => (streamed(to), to.end('hello\n\n')), 'server-garbled'],
    ['is cut off', (to) => (sentence(to), setImmediate(() => to.destroy())), 'server-unreachable'],
    ['ends in the middle', (to) => (sentence(to), to.end()), 'server-cut'],
    ['fails in the middle', (to) => (sentence(to), send(to, { error: { message: 'device lost', code: 500 } }), to.end()), 'server-failed'],
    ['tells no log-probabilities', (to) => answer(to, textEvent(' quick'), textEvent(' fox', 'length')), 'server-no-logprobs'],
    ['hangs up', (to) => to.destroy(), 'server-unreachable'],
  ])('that %s is told as what it is', async (_, completions, code) => {
    const served = await modelServer({ completions, model: 'small' })
    await expect(ask(served)).rejects.toMatchObject({ code })
    expect(served.statuses.at(-1)).toMatchObject({ kind: 'unavailable', error: { code } })
  })

  it('that hangs up before it begins to stream is asked why, without streaming', async () => {
    const served = await modelServer({
      completions: (response, { stream, prompt }) => {
        if (stream === true) hangUp(response)
        else if (prompt.length > 300) answerJson(response, 400, { error: { code: 'context_length_exceeded', message: 'too long' } })
        else answerJson(response, 200, rowsEvent(sure, 'length'))
      },
    })
    expect(await ask(served, { prompt: 'word '.repeat(100).trimEnd() })).toMatchObject([{ text: ' quick fox' }])
    expect(served.asked.map(({ stream }) => stream === true)).toEqual([true, false, true, false, true, false, true, false])
  })

  it('that fails when it is asked for log-probabilities is known not to give them', async () => {
    const served = await modelServer({ completions: (response, { logprobs }) => (logprobs === undefined ? answer(response, textEvent(' quick', 'length')) : answerJson(response, 500, { error: { message: 'not supported' } })) })
    await expect(ask(served)).rejects.toMatchObject({ code: 'server-no-logprobs' })
    expect((await write(served)).texts).toEqual([' quick'])
  })

  it('that is not there is told', async () => {
    const served = await modelServer()
    const spec = { ...served.spec, server: 'http://127.0.0.1:9' }
    await expect(ask({ ...served, spec })).rejects.toMatchObject({ code: 'server-unreachable' })
  })

  it.each([
    ['', 'server-unset'], ['gpu:8000', 'server-address'], ['file:///etc', 'server-address'], ['https://user:pass@gpu', 'server-address'],
    ['http://gpu.example:8000', 'server-insecure'], ['http://10.0.0.7', 'server-insecure'], ['http://127.0.0.1.example.com', 'server-insecure'],
  ])('at %j is not asked', async (server, code) => {
    const served = await modelServer()
    await expect(ask({ ...served, spec: { ...served.spec, server } })).rejects.toMatchObject({ code })
  })

  it('that drops a word in the middle of a character makes the suggestion end before it', async () => {
    const served = await modelServer({
      completions: (response) => answer(response, rowsEvent(sure.slice(0, 1)), { choices: [{ index: 0, text: ' naïve', finish_reason: 'length', logprobs: { tokens: ['ve'], token_logprobs: [-0.01], top_logprobs: [{ ve: -0.01 }] } }] }),
    })
    expect(await ask(served)).toEqual([])
  })

  it.each([
    ['no list of models', (to: ServerResponse) => answerJson(to, 404, { detail: 'Not Found' }), undefined],
    ['a list that is none', (to: ServerResponse) => answerJson(to, 200, { data: 'small' }), 'server-garbled'],
    ['several models, and none was named', (to: ServerResponse) => answerJson(to, 200, { data: [{ id: 'a' }, { id: 'b' }] }), 'server-model-unset'],
  ])('with %s', async (_, models, code) => {
    const asked = ask(await modelServer({ models }))
    if (code === undefined) expect(await asked).toHaveLength(1)
    else await expect(asked).rejects.toMatchObject({ code })
  })
})

describe('after a failure', () => {
  it('typing asks the server again only when the pause is over, and each pause is longer', async () => {
    const served = await modelServer({ completions: (response) => response.writeHead(503).end() })
    const requests = async (afterMs: number): Promise<number> => {
      served.clock.advance(afterMs)
      await expect(ask(served)).rejects.toMatchObject({ code: 'server-busy' })
      return served.asked.length
    }
    expect([await requests(0), await requests(0), await requests(999), await requests(1), await requests(1999), await requests(1), await requests(0)]).toEqual([1, 1, 1, 2, 2, 3, 3])
  })

  it('a person who asks is not kept waiting, and what works ends the pause', async () => {
    let broken = true
    const served = await modelServer({ completions: (response) => (broken ? response.writeHead(500).end() : answer(response, rowsEvent(sure, 'length'))) })
    await expect(ask(served)).rejects.toMatchObject({ code: 'server-failed' })
    broken = false
    expect(await ask(served, { candidates: 3 })).toMatchObject([{ text: ' quick fox' }])
    expect(served.statuses.at(-1)).toMatchObject({ kind: 'loaded' })
    expect(await ask(served)).toHaveLength(1)
  })

  it('the pause that a server asks for holds for everybody', async () => {
    const served = await modelServer({ completions: (response) => answerJson(response, 429, {}, { 'retry-after': '30' }) })
    await expect(ask(served)).rejects.toMatchObject({ code: 'server-busy' })
    served.clock.advance(29_000)
    await expect(ask(served, { candidates: 3 })).rejects.toMatchObject({ code: 'server-busy' })
    await expect(write(served)).rejects.toMatchObject({ code: 'server-busy' })
    expect(served.asked).toHaveLength(1)
    served.clock.advance(1000)
    await expect(write(served)).rejects.toMatchObject({ code: 'server-busy' })
    expect(served.asked).toHaveLength(2)
  })
})

describe('texts from a server', () => {
  it('come as they are written, drawn as the settings say', async () => {
    const served = await modelServer({ completions: (response) => answer(response, textEvent(' quick'), textEvent(' fox', 'length'), { choices: [], usage: { prompt_tokens: 3 } }) })
    const { texts, sequences, promptTokens, promptCut } = await write(served)
    expect(texts).toEqual([' quick fox'])
    expect(sequences).toMatchObject([{ text: ' quick fox', finish: 'length', tokens: [] }])
    expect({ promptTokens, promptCut }).toEqual({ promptTokens: 3, promptCut: false })
    expect(served.asked).toMatchObject([{ prompt: 'The', max_tokens: 8, temperature: 0.8, top_p: 0.9, top_k: 40, repeat_penalty: 1.1, repetition_penalty: 1.1, seed: 7 }])
  })

  it('sum up what the server tells of its tokens', async () => {
    const served = await modelServer({ completions: (response) => answer(response, contentEvent(sure.slice(0, 2), 'length')) })
    const { sequences } = await write(served)
    expect(sequences[0]?.logprob).toBeCloseTo(Math.log(0.95 * 0.94))
    expect(sequences[0]?.tokens).toEqual([0, 1])
  })

  it('are several in one answer', async () => {
    const served = await modelServer({ completions: (response) => answer(response, textEvent(' a', null, 0), textEvent(' b', null, 1), textEvent(' c', 'stop', 1), textEvent('', 'length', 0)) })
    const { texts, sequences } = await write(served, { sequences: 2 })
    expect(texts).toEqual([' a', ' b c'])
    expect(sequences.map(({ finish }) => finish)).toEqual(['length', 'eos'])
    expect(served.asked).toMatchObject([{ n: 2 }])
  })

  it('are asked for one after another where the server writes only one', async () => {
    const served = await modelServer({ completions: (response, { seed }) => answer(response, textEvent(` ${seed}`, 'length')) })
    expect((await write(served, { sequences: 3 })).texts).toEqual([' 7', ' 8', ' 9'])
    expect(served.asked).toHaveLength(3)
  })

  it('are asked for one after another where several are refused', async () => {
    const served = await modelServer({ completions: (response, { n = 1, seed }) => (n > 1 ? answerJson(response, 400, { error: { message: 'too many slots' } }) : answer(response, textEvent(` ${seed}`, 'length'))) })
    expect((await write(served, { sequences: 2 })).texts).toEqual([' 7', ' 8'])
  })

  it('come from a server that knows the bare protocol only', async () => {
    const served = await modelServer({ completions: (response, asked) => ('top_k' in asked || 'logprobs' in asked ? answerJson(response, 400, { error: { message: 'unrecognized' } }) : answer(response, textEvent(' quick', 'length'))) })
    expect((await write(served)).texts).toEqual([' quick'])
    await write(served)
    expect(served.asked).toHaveLength(5)
  })

  it('end before a stop string, also where the server does not know it', async () => {
    const served = await modelServer({ completions: (response) => (streamed(response), send(response, textEvent(' quick\n'), textEvent(' fox'))) })
    const { texts, sequences } = await write(served, { stop: ['\n'] })
    expect(texts).toEqual([' quick'])
    expect(sequences).toMatchObject([{ finish: 'stop' }])
    expect(served.asked).toMatchObject([{ stop: ['\n'] }])
  })

  it('end with the sentence that would else be cut off', async () => {
    const pieces = [' quick', ' fox', ' jumps', '.', ' It', ' is']
    const served = await modelServer({ completions: (response) => (streamed(response), send(response, ...pieces.map((piece) => textEvent(piece)))) })
    const { texts, sequences } = await write(served, { maxNewTokens: 5, endWithSentence: true })
    expect(texts).toEqual([' quick fox jumps.'])
    expect(sequences).toMatchObject([{ finish: 'sentence' }])
  })

  it('begin at the end of a prompt that is too long', async () => {
    const served = await modelServer({ completions: (response) => answer(response, textEvent(' quick', 'length')) })
    expect((await write(served, { prompt: 'word '.repeat(2000).trimEnd() })).promptCut).toBe(true)
    expect(served.asked[0]?.prompt.length).toBeLessThan(512 * 3)
    expect(served.asked[0]?.prompt).toMatch(/^word( word)+$/)
  })
})

describe('a score from a server', () => {
  /** Repeats the prompt with letters as tokens, all of them equally likely. */
  const echo = (response: ServerResponse, { prompt }: { readonly prompt: string }): void => {
    const letters = [...prompt, '!']
    answerJson(response, 200, { choices: [{ index: 0, text: `${prompt}!`, finish_reason: 'length', logprobs: {
      tokens: letters, token_logprobs: letters.map((_, i) => (i === 0 ? null : -Math.LN2)), top_logprobs: letters.map((letter, i) => (i === 0 ? null : { [letter]: -Math.LN2, '#': -0.1 })),
    } }] })
  }
  const score = ({ engine, spec }: ModelServer, text: string) => engine.score({ model: spec, text, alternatives: 0 }, { signal: new AbortController().signal, partial: () => {} })

  it('counts each token of the text once, and none behind it', async () => {
    const { tokens, bits, bytes } = await score(await modelServer({ completions: echo }), 'two words')
    expect(tokens.map(({ text }) => text).join('')).toBe('two words')
    expect(tokens.map(({ rank }) => rank)).toEqual([null, 1, 1, 1, 1, 1, 1, 1, 1])
    expect({ bits, bytes }).toEqual({ bits: 8, bytes: 9 })
  })

  it('takes windows that overlap where the text is longer than the context', async () => {
    const served = await modelServer({ completions: echo })
    const text = 'some words '.repeat(300)
    const { tokens } = await score(served, text)
    expect(tokens.map((token) => token.text).join('')).toBe(text)
    expect(tokens.filter(({ logprob }) => logprob === null)).toHaveLength(1)
    expect(served.asked.length).toBeGreaterThan(2)
    for (const { prompt } of served.asked) expect(prompt.length).toBeLessThan(512 * 3)
  })

  it.each<[string, (response: ServerResponse) => void]>([
    ['refuses to repeat', (to) => answerJson(to, 400, { error: { message: 'Only no echo is supported' } })],
    ['does not repeat', (to) => answerJson(to, 200, rowsEvent(sure, 'length'))],
    ['repeats without log-probabilities', (to) => answerJson(to, 200, textEvent('two words!', 'length'))],
  ])('is impossible where the server %s', async (_, completions) => {
    await expect(score(await modelServer({ completions }), 'two words')).rejects.toMatchObject({ code: 'server-no-scores' })
  })
})
