import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ServedModelSpec } from '../../../../src/engine/protocol'
import type { ServedModelOptions } from '../../../../src/engine/remote/servedModel'
import { createServedEngine } from '../../../../src/engine/remote/engine'
import type { LoadStatus } from '../../../../src/engine/protocol'
import type { Handlers } from '../../../../src/engine/server'
import { ManualClock } from '../../../support/manualClock'
import { serve, type TestServer } from '../../library/server'

/** One place of an answer: the token that is written, and what else might have been. */
export interface Place {
  readonly text: string
  /** Probability. */
  readonly p: number
  readonly others?: Readonly<Record<string, number>>
}

/** The body of a request as the tests look at it. */
export interface Asked {
  readonly prompt: string
  readonly model?: string
  readonly max_tokens: number
  readonly logprobs?: number
  readonly n?: number
  readonly seed?: number
  readonly echo?: boolean
  readonly stream?: boolean
  readonly stop?: readonly string[]
}

/** In the form of the protocol's first days. */
export function rowsEvent(places: readonly Place[], finish: string | null = null, index = 0): unknown {
  return {
    object: 'text_completion',
    choices: [{
      index,
      text: places.map(({ text }) => text).join(''),
      finish_reason: finish,
      logprobs: {
        tokens: places.map(({ text }) => text),
        token_logprobs: places.map(({ p }) => Math.log(p)),
        top_logprobs: places.map((place) => logs(listOf(place))),
      },
    }],
  }
}

/** In the form that llama-server takes from chats. */
export function contentEvent(places: readonly Place[], finish: string | null = null): unknown {
  return {
    choices: [{
      index: 0,
      text: places.map(({ text }) => text).join(''),
      finish_reason: finish,
      logprobs: {
        content: places.map((place, id) => ({
          id, token: place.text, bytes: [...Buffer.from(place.text)], logprob: Math.log(place.p),
          top_logprobs: Object.entries(listOf(place)).map(([token, p]) => ({ id: 0, token, bytes: [...Buffer.from(token)], logprob: Math.log(p) })),
        })),
      },
    }],
  }
}

export function textEvent(text: string, finish: string | null = null, index = 0): unknown {
  return { choices: [{ index, text, logprobs: null, finish_reason: finish }] }
}

function listOf({ text, p, others = {} }: Place): Readonly<Record<string, number>> {
  return { [text]: p, ...others }
}

function logs(probabilities: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(probabilities).map(([text, p]) => [text, Math.log(p)]))
}

/** Begins a streamed answer. */
export function streamed(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
}

export function send(response: ServerResponse, ...events: readonly unknown[]): void {
  for (const event of events) response.write(`data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`)
}

/** A whole streamed answer. */
export function answer(response: ServerResponse, ...events: readonly unknown[]): void {
  streamed(response)
  send(response, ...events, '[DONE]')
  response.end()
}

export function answerJson(response: ServerResponse, status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(value))
}

/** What is likely behind every prompt of these tests: sure of two words, then of nothing. */
export const sure: readonly Place[] = [
  { text: ' quick', p: 0.95, others: { ' slow': 0.02 } },
  { text: ' fox', p: 0.94, others: { ' dog': 0.03 } },
  { text: ' jumped', p: 0.1, others: { ' ran': 0.09, ' slept': 0.08 } },
]

export interface ModelServer {
  readonly server: TestServer
  /** Requests to `completions`. */
  readonly asked: readonly Asked[]
  readonly spec: ServedModelSpec
  readonly engine: Handlers<ServedModelSpec>
  readonly clock: ManualClock
  readonly statuses: readonly LoadStatus[]
}

export interface ServerScript {
  /** Answers `completions`; by default with what it is sure of. */
  readonly completions?: (response: ServerResponse, asked: Asked, number: number, request: IncomingMessage) => void
  /** Answers `models`; by default with one of 512 tokens. */
  readonly models?: (response: ServerResponse) => void
  readonly key?: string
  readonly model?: string
  readonly path?: string
}

/** A server on loopback that behaves as it is told, and an engine that asks it. */
export async function modelServer(script: ServerScript = {}): Promise<ModelServer> {
  const asked: Asked[] = []
  const server = await serve(({ request, response, path }) => {
    if (path.endsWith('/models')) return (script.models ?? oneModel)(response)
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Asked
      asked.push(body)
      ;(script.completions ?? ((to) => answer(to, rowsEvent(sure, 'length'))))(response, body, asked.length - 1, request)
    })
  })
  const clock = new ManualClock()
  const statuses: LoadStatus[] = []
  const options: ServedModelOptions = { clock, keyFor: async () => script.key, onStatus: (status) => statuses.push(status) }
  const spec = { server: `${server.url.href}${script.path ?? ''}`, model: script.model ?? '', allowHttp: false, strictCertificates: true }
  return { server, asked, spec, engine: createServedEngine(options), clock, statuses }
}

function oneModel(response: ServerResponse): void {
  answerJson(response, 200, { object: 'list', data: [{ id: 'small', object: 'model', max_model_len: 512 }] })
}
