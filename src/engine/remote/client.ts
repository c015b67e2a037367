import { createParser } from 'eventsource-parser'
import { InklingError } from '../../base/errors'
import { exchange, NetworkError, type HttpResponse } from '../../library/exchange'
import { TransientError } from '../../library/http'
import { beginsAsWebPage, isWebPage } from '../../library/refusal'
import { endpoint } from './address'
import { oneLine, parseCompletion, parseModels, type CompletionMessage, type ServedModel } from './messages'
import { refusal } from './refusal'

export interface Connection {
  readonly server: URL
  /** Sent as a bearer token to this server alone. */
  readonly key: string | undefined
  readonly strictCertificates: boolean
}

/** How long a server may be silent: while somebody types, an answer that comes later is of no use. */
export interface Patience {
  readonly idleMs: number
}

/** The body of a request to `completions`. */
export type CompletionBody = Readonly<Record<string, unknown>> & { readonly prompt: string; readonly model?: string }

/** No model server has more to say at once than this, in bytes: one event of a stream, or one whole answer. */
const longestEvent = 1 << 20
const longestAnswer = 64 << 20

/**
 * Speaks the completions protocol of OpenAI with one server. Redirects are not followed: whoever is written to is who the
 * user has named. What the server sends is read as hostile: bounded, and checked before it is used.
 *
 * All functions throw CancelledError; InklingError `server-…` for what will not pass by itself; TransientError for what may.
 */
export async function listModels(connection: Connection, patience: Patience, signal: AbortSignal): Promise<readonly ServedModel[]> {
  const url = endpoint(connection.server, 'models')
  const response = await open(connection, url, undefined, patience, signal)
  try {
    if (response.status !== 200) throw await refused(response, url, '', patience)
    const models = parseModels(await json(response, url.host, longestEvent, patience))
    if (models === undefined) throw garbled(url.host, 'the list of models is none')
    return models
  } finally {
    response.discard()
  }
}

/** A whole answer. */
export async function complete(connection: Connection, body: CompletionBody, patience: Patience, signal: AbortSignal): Promise<CompletionMessage> {
  const { response, url } = await post(connection, body, patience, signal)
  try {
    const message = parseCompletion(await json(response, url.host, longestAnswer, patience))
    if (message === undefined) throw garbled(url.host, 'the answer holds no text')
    return message
  } finally {
    response.discard()
  }
}

/** An answer as it is written; ends with its last message. Leaving the loop closes the connection, which ends the work there. */
export async function* stream(connection: Connection, body: CompletionBody, patience: Patience, signal: AbortSignal): AsyncGenerator<CompletionMessage> {
  const { response, url } = await post(connection, { ...body, stream: true }, patience, signal)
  try {
    if (/^\s*application\/json\b/i.test(response.headers['content-type'] ?? '')) {
      // A gateway in between may not stream.
      yield completionOf(await json(response, url.host, longestAnswer, patience), url.host)
      return
    }
    let begun = false
    try {
      for await (const message of events(response, url.host, patience)) {
        begun = true
        yield message
      }
      return
    } catch (error) {
      if (begun || !isCut(error)) throw error
    }
  } finally {
    response.discard()
  }
  // A server that begins to stream before it has looked at the request hangs up without a word about what is wrong.
  yield await complete(connection, body, patience, signal)
}

function isCut(error: unknown): boolean {
  return error instanceof TransientError && (error.final.code === 'server-cut' || error.final.code === 'server-unreachable')
}

async function* events(response: HttpResponse, host: string, patience: Patience): AsyncGenerator<CompletionMessage> {
  const waiting: string[] = []
  let tooLong = false
  const parser = createParser({ onEvent: ({ data }) => waiting.push(data), onError: ({ type }) => (tooLong ||= type === 'max-buffer-size-exceeded'), maxBufferSize: longestEvent })
  const decoder = new TextDecoder()
  let finished = false
  let first = true
  for await (const chunk of chunksOf(response, host, patience)) {
    if (first && beginsAsWebPage(chunk)) throw InklingError.of('server-web-page', { host })
    first = false
    parser.feed(decoder.decode(chunk, { stream: true }))
    if (tooLong) throw garbled(host, 'one line has no end')
    for (const data of waiting.splice(0)) {
      if (data.trim() === '[DONE]') return
      const message = completionOf(parse(data, host), host)
      finished ||= message.parts.some(({ finish }) => finish !== undefined)
      yield message
    }
  }
  // Some servers leave the last line away; none leaves the reason away why it ended.
  if (!finished) throw new TransientError(InklingError.of('server-cut', { host }))
}

/** @throws InklingError `server-garbled`; TransientError `server-failed` when it is the server's report of a failure */
function completionOf(value: unknown, host: string): CompletionMessage {
  const message = parseCompletion(value)
  if (message !== undefined) return message
  throw failureInside(value, host) ?? garbled(host, 'an event of its answer holds no text')
}

function failureInside(value: unknown, host: string): Error | undefined {
  if (typeof value !== 'object' || value === null || !('error' in value)) return undefined
  const status = typeof value.error === 'object' && value.error !== null && 'code' in value.error && typeof value.error.code === 'number' ? value.error.code : 500
  return refusal({ status, headers: {}, body: value, host, path: '', model: '' })
}

async function post(connection: Connection, body: CompletionBody, patience: Patience, signal: AbortSignal): Promise<{ readonly response: HttpResponse; readonly url: URL }> {
  const url = endpoint(connection.server, 'completions')
  const response = await open(connection, url, JSON.stringify(body), patience, signal)
  if (response.status === 200 && !isWebPage(response)) return { response, url }
  try {
    throw response.status === 200 ? InklingError.of('server-web-page', { host: url.host }) : await refused(response, url, body.model ?? '', patience)
  } finally {
    response.discard()
  }
}

async function open({ key, strictCertificates }: Connection, url: URL, body: string | undefined, { idleMs }: Patience, signal: AbortSignal): Promise<HttpResponse> {
  const headers = {
    accept: body === undefined ? 'application/json' : 'text/event-stream, application/json',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
  }
  try {
    return await exchange({ url, headers, signal, ...(body === undefined ? {} : { body }) }, { idleMs, strictCertificates })
  } catch (error) {
    throw told(error, url.host, idleMs)
  }
}

async function* chunksOf(response: HttpResponse, host: string, { idleMs }: Patience): AsyncGenerator<Uint8Array> {
  try {
    yield* response.chunks()
  } catch (error) {
    throw told(error, host, idleMs)
  }
}

async function refused(response: HttpResponse, url: URL, model: string, patience: Patience): Promise<Error> {
  const { status, headers } = response
  if (status >= 300 && status < 400) return InklingError.of('server-redirect', { host: url.host, target: oneLine(headers.location ?? 'nowhere') })
  if (isWebPage(response) && status !== 401 && status !== 403 && status < 500) return InklingError.of('server-web-page', { host: url.host })
  // A refusal without a reason that can be read is a refusal all the same.
  const body = await json(response, url.host, longestEvent, patience).catch(() => undefined)
  return refusal({ status, headers, body, host: url.host, path: url.pathname, model })
}

async function json(response: HttpResponse, host: string, longest: number, patience: Patience): Promise<unknown> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunksOf(response, host, patience)) {
    if (chunks.length === 0 && beginsAsWebPage(chunk)) throw InklingError.of('server-web-page', { host })
    size += chunk.length
    if (size > longest) throw garbled(host, 'its answer has no end')
    chunks.push(chunk)
  }
  return parse(Buffer.concat(chunks).toString('utf8'), host)
}

function parse(text: string, host: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw InklingError.of('server-garbled', { host, reason: 'it is not JSON' }, error)
  }
}

function garbled(host: string, reason: string): InklingError {
  return InklingError.of('server-garbled', { host, reason })
}

function told(error: unknown, host: string, idleMs: number): unknown {
  if (!(error instanceof NetworkError)) return error
  const { kind, reason, cause } = error
  if (kind === 'certificate') return InklingError.of('server-certificate', { host, reason: oneLine(reason) }, cause)
  if (kind === 'stalled') return new TransientError(InklingError.of('server-slow', { host, seconds: Math.round(idleMs / 1000) }, cause))
  return new TransientError(InklingError.of('server-unreachable', { host, reason: oneLine(reason) }, cause))
}
