import { describe, expect, it } from 'vitest'
import type { ModelSpec, ServedModelSpec } from '../../src/engine/protocol'
import { createServedEngine } from '../../src/engine/remote/engine'
import { tryServer } from '../../src/engine/remote/probe'
import type { Handlers } from '../../src/engine/server'
import { systemClock } from '../../src/engine/systemClock'
import type { ContinuationRequest } from '../../src/language/continuation'
import type { GenerationRequest } from '../../src/language/generate'

/** What llama-cpp-python is compared with: our own engine. */
export type OwnEngine = Pick<Handlers, 'generate' | 'continue' | 'score'>

export interface LlamaServers {
  /** Addresses of the server with log-probabilities, and of the one without. */
  readonly urls: () => readonly [string, string]
  readonly key: string
  readonly own: OwnEngine
}

const scope = { signal: new AbortController().signal, partial: () => {} }
const local: ModelSpec = { folder: 'media/model', precision: 'fp32', device: 'cpu', threads: 2, cacheFolder: undefined }

const limits = { maxTokens: 24, minFirstWord: 0.2, minJoint: 0.05, boundary: 'sentence' } as const
const openings = ['There was nothing to be done, and so they sat at the end of', 'She looked at him for a long time before she', 'He did not know what to', 'It was one of the most beautiful', 'They went up the stairs and opened the']

function ask(text: string, healing = '', candidates = 1): ContinuationRequest {
  return { prompt: text, healing, candidates, limits: candidates === 1 ? limits : { ...limits, minFirstWord: 0.01, minJoint: 0.002 } }
}

function request(prompt: string, sampling: GenerationRequest['sampling'], more: Partial<GenerationRequest> = {}): GenerationRequest {
  return { prompt, maxNewTokens: 6, sequences: 1, sampling, stop: [], ...more }
}
const greedy = { kind: 'greedy', repetitionPenalty: 1 } as const
const drawn = { kind: 'sample', temperature: 0.8, topK: 40, topP: 0.95, repetitionPenalty: 1.1, seed: 7 } as const

/**
 * The model inside the extension, served by llama.cpp with OpenAI's protocol and run by our own engine in float32, must
 * write and weigh the same: asked of servers that run, or of what they once answered.
 */
export function describeLlamaServers(servers: LlamaServers): void {
  const { own } = servers
  let key: string | undefined = servers.key
  const served = createServedEngine({ keyFor: async () => key, onStatus: () => {}, clock: systemClock })
  const specOf = (server: string): ServedModelSpec => ({ server, model: 'inkling', allowHttp: false, strictCertificates: true })
  const remote = (): ServedModelSpec => specOf(servers.urls()[0])
  const withoutLogprobs = (): ServedModelSpec => specOf(servers.urls()[1])

  describe('llama-cpp-python', () => {
    it('tells of its model', async () => {
      expect(await served.load({ model: remote() }, scope)).toMatchObject({ description: { name: 'inkling' } })
    })

    // Six tokens: llama.cpp keeps keys and values in 16 bits, which decides where two tokens are all but equally likely.
    it.each(openings)('writes greedily what our engine writes: %s', async (prompt) => {
      const [theirs, ours] = [await served.generate({ model: remote(), ...request(prompt, greedy) }, scope), await own.generate({ model: local, ...request(prompt, greedy) }, scope)]
      expect(theirs.sequences[0]?.text).toBe(ours.sequences[0]?.text)
      expect(theirs.sequences[0]?.logprob).toBeCloseTo(ours.sequences[0]?.logprob ?? NaN, 1)
    })

    it.each(openings)('continues with words as likely as our engine finds them: %s', async (prompt) => {
      const [theirs] = await served.continue({ model: remote(), session: 'a', request: ask(prompt, '', 3) }, scope)
      const { tokens } = await own.score({ model: local, text: prompt + (theirs?.text ?? ''), alternatives: 0 }, scope)
      const ours = tokens.slice(-(theirs?.pieces.length ?? 0))
      expect(theirs?.pieces.map(({ text }) => text)).toEqual(ours.map(({ text }) => text))
      theirs?.pieces.forEach(({ logprob }, i) => expect(logprob).toBeCloseTo(ours[i]?.logprob ?? NaN, 1))
    })

    it.each([
      ['There was nothing to be done, and so they sat at the end of', ' t'],
      ['There was nothing to be done, and so they sat at the end of', ' '],
      ['He did not know what to', ' d'],
      ['He did not know what to', ' sa'],
      ['They went up the stairs and opened the', ' doo'],
      ['They went up the stairs and opened the', ' win'],
      ['It was one of the most beautiful', ' wom'],
    ])('goes on from typed letters: “%s%s”', async (prompt, healing) => {
      const [theirs] = await served.continue({ model: remote(), session: 'a', request: ask(prompt, healing, 3) }, scope)
      const ours = await own.continue({ model: local, session: 'a', request: ask(prompt, healing, 3) }, scope)
      const firstWord = (text = ''): string => /^\s*[\p{L}]*/u.exec(text)?.[0] ?? ''
      const same = ours.find(({ text }) => firstWord(text) === firstWord(theirs?.text))
      // What the server does not list is reckoned against the word, so that it is rather too unsure than too sure.
      expect(theirs?.firstWord ?? 0).toBeLessThan((same?.firstWord ?? 0) + 0.1)
    })

    it('rather suggests nothing than a word that is none', async () => {
      expect(await served.continue({ model: remote(), session: 'a', request: ask('There was a great', ' elep', 3) }, scope)).toEqual([])
    })

    it('writes the same for the same seed, and something else for another', async () => {
      const texts: (string | undefined)[] = []
      for (const seed of [7, 7, 8]) texts.push((await served.generate({ model: remote(), ...request('Once upon a time', { ...drawn, seed }) }, scope)).sequences[0]?.text)
      expect(texts[0]).toBe(texts[1])
      expect(texts[0]).not.toBe(texts[2])
    })

    it('writes alternatives, one after another', async () => {
      const { sequences } = await served.generate({ model: remote(), ...request('Once upon a time', drawn, { sequences: 3, stop: ['\n'] }) }, scope)
      expect(new Set(sequences.map(({ text }) => text)).size).toBe(3)
      for (const { text } of sequences) expect(text).not.toContain('\n')
    })

    it('takes less of a text that is too long for it', async () => {
      const text = 'and so they went on to the next house, '.repeat(60)
      expect((await served.generate({ model: remote(), ...request(text, greedy) }, scope)).sequences[0]?.text).not.toBe('')
    })

    it('refuses another key', async () => {
      key = 'another'
      try {
        await expect(served.load({ model: { ...remote(), model: 'anew' } }, scope)).rejects.toMatchObject({ code: 'server-key' })
      } finally {
        key = servers.key
      }
    })
  })

  describe('llama-cpp-python without log-probabilities', () => {
    it('writes all the same', async () => {
      const { sequences } = await served.generate({ model: withoutLogprobs(), ...request('She looked at him for a long time before she', greedy) }, scope)
      expect(sequences[0]?.text).toBe((await own.generate({ model: local, ...request('She looked at him for a long time before she', greedy) }, scope)).sequences[0]?.text)
    })

    it('is known by a test', async () => {
      expect(await tryServer({ server: new URL(withoutLogprobs().server), key: servers.key, strictCertificates: true }, 'inkling', scope.signal)).toBe(false)
      expect(await tryServer({ server: new URL(remote().server), key: servers.key, strictCertificates: true }, 'inkling', scope.signal)).toBe(true)
    })

    it('suggests nothing, and that is told', async () => {
      await expect(served.continue({ model: withoutLogprobs(), session: 'a', request: ask('Once upon a time') }, scope)).rejects.toMatchObject({ code: 'server-no-logprobs' })
    })
  })
}
