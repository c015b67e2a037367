import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { OwnEngine } from './llamaServerSuite'

/** What a real server once answered, and what our own engine said of the same model. */
export interface Recording {
  /** Of each server in turn. */
  readonly servers: readonly (readonly RecordedExchange[])[]
  readonly own: readonly RecordedCall[]
}

interface RecordedExchange {
  /** Method, path, whether the key was right, and the body: what makes a request the same. */
  readonly asked: string
  readonly status: number
  readonly type: string
  /** As far as it was read. */
  readonly answer: string
  /** The server hung up in the middle. */
  readonly cut?: true
}

interface RecordedCall {
  readonly asked: string
  readonly result: unknown
}

/** As a file, with a line for each exchange. */
export function recordingText({ servers, own }: Recording): string {
  const rows = (list: readonly unknown[]): string => `[\n${list.map((row) => JSON.stringify(row)).join(',\n')}\n]`
  return `{"servers":[${servers.map(rows).join(',\n')}],\n"own":${rows(own)}}\n`
}

export interface LoopbackServer {
  readonly url: string
  close(): Promise<void>
}

/** Stands between client and server, and writes down what they say. */
export async function recordingProxy(target: string, key: string, exchanges: RecordedExchange[]): Promise<LoopbackServer> {
  const open = new Set<Promise<void>>()
  const server = await listen(key, (asked, incoming, body, response) => {
    // In the order of the questions, whichever answer ends first.
    const place = exchanges.push({ asked, status: 0, type: '', answer: '', cut: true }) - 1
    let ended = (): void => {}
    open.add(new Promise((resolve) => (ended = resolve)))
    const upstream = request(new URL(incoming.url ?? '/', target), { agent: false, method: incoming.method, headers: { ...incoming.headers, host: new URL(target).host } }, (answer) => {
      const chunks: Buffer[] = []
      response.writeHead(answer.statusCode ?? 0, answer.headers)
      answer.on('data', (chunk: Buffer) => (chunks.push(chunk), response.write(chunk)))
      // The client leaves when it has what it wants, which ends the work there.
      response.on('close', () => answer.destroy())
      // Of a server that hangs up; 'close' follows.
      answer.on('error', () => {})
      answer.on('close', () => {
        const cut = !answer.complete && !response.destroyed
        if (cut) response.destroy()
        else response.end()
        exchanges[place] = {
          asked, status: answer.statusCode ?? 0, type: answer.headers['content-type'] ?? '',
          answer: withoutPlaces(Buffer.concat(chunks).toString('utf8')), ...(cut ? { cut } : {}),
        }
        ended()
      })
    })
    upstream.on('error', () => (response.destroy(), ended()))
    upstream.end(body)
  })
  return { url: server.url, close: async () => (await Promise.all([server.close(), ...open]), undefined) }
}

/** A server that answers what was recorded, in small pieces; requests that were asked again get the answers in turn. */
export function replay(exchanges: readonly RecordedExchange[], key: string): Promise<LoopbackServer> {
  const waiting = inTurn(exchanges)
  return listen(key, (asked, _, __, response) => {
    const exchange = waiting(asked)
    if (exchange === undefined) return void response.writeHead(599, { 'content-type': 'application/json' }).end(JSON.stringify({ error: { message: `this was not recorded: ${asked}` } }))
    // Hung up without a word.
    if (exchange.status === 0) return void response.destroy()
    response.writeHead(exchange.status, { 'content-type': exchange.type })
    const bytes = Buffer.from(exchange.answer)
    // No boundary of a chunk is one of an event, nor of a letter.
    for (let from = 0; from < bytes.length; from += 777) response.write(bytes.subarray(from, from + 777))
    if (!exchange.cut) return void response.end()
    response.flushHeaders()
    response.socket?.end()
  })
}

/** Our own engine, whose answers are written down. */
export function recordingEngine(engine: OwnEngine, calls: RecordedCall[]): OwnEngine {
  const record = async <R>(method: string, params: object, result: Promise<R>): Promise<R> => {
    const settled = await result
    calls.push({ asked: callKey(method, params), result: settled })
    return settled
  }
  return {
    generate: (params, scope) => record('generate', params, engine.generate(params, scope)),
    continue: (params, scope) => record('continue', params, engine.continue(params, scope)),
    score: (params, scope) => record('score', params, engine.score(params, scope)),
  }
}

/** An engine that says what was recorded. */
export function recordedEngine(calls: readonly RecordedCall[]): OwnEngine {
  const waiting = inTurn(calls)
  const answer = async (method: string, params: object): Promise<never> => {
    const call = waiting(callKey(method, params))
    if (call === undefined) throw new Error(`This was not recorded: ${callKey(method, params)}`)
    // Written down by the same methods.
    return call.result as never
  }
  return { generate: (params) => answer('generate', params), continue: (params) => answer('continue', params), score: (params) => answer('score', params) }
}

function inTurn<T extends { readonly asked: string }>(recorded: readonly T[]): (asked: string) => T | undefined {
  const byQuestion = new Map<string, T[]>()
  for (const one of recorded) byQuestion.set(one.asked, [...(byQuestion.get(one.asked) ?? []), one])
  return (asked) => {
    const answers = byQuestion.get(asked) ?? []
    return answers.length > 1 ? answers.shift() : answers[0]
  }
}

function callKey(method: string, { model: _, ...params }: { readonly model?: unknown }): string {
  return `${method} ${inOrder(params)}`
}

function listen(key: string, answer: (asked: string, incoming: IncomingMessage, body: Buffer, response: ServerResponse) => void): Promise<LoopbackServer> {
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      const body = Buffer.concat(chunks)
      const allowed = incoming.headers.authorization === `Bearer ${key}`
      const value: unknown = body.length === 0 ? undefined : JSON.parse(body.toString('utf8'))
      answer(`${incoming.method} ${incoming.url} ${allowed ? 'right key' : 'wrong key'} ${value === undefined ? '' : inOrder(value)}`.trimEnd(), incoming, body, response)
    })
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((done) => (server.closeAllConnections(), server.close(() => done()))),
  })))
}

/** JSON whose keys are in the order of the alphabet, so that only what is said counts. */
function inOrder(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (part !== null && typeof part === 'object' && !Array.isArray(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part))
}

/** llama-cpp-python names the model's file by its place on the disk, and every answer by a number of its own. */
function withoutPlaces(text: string): string {
  return text.replace(/"model":\s?"[^"]*\.gguf"/g, '"model": "inkling.gguf"').replace(/"(id|created)":\s?("cmpl-[^"]*"|\d+), ?/g, '')
}
