import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import * as http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { onTestFinished } from 'vitest'
import type { Network } from '../../../src/library/download'

/** One request as it arrived, and the means to answer it. */
export interface Exchange {
  readonly request: http.IncomingMessage
  readonly response: http.ServerResponse
  /** Counts from 0, over all requests to this server. */
  readonly number: number
  /** Path with query. */
  readonly path: string
}

export interface TestServer {
  readonly url: URL
  readonly requests: readonly http.IncomingMessage[]
}

/** A real HTTP server on loopback that lives as long as the test. */
export async function serve(answer: (exchange: Exchange) => void): Promise<TestServer> {
  const requests: http.IncomingMessage[] = []
  const server = http.createServer((request, response) => {
    requests.push(request)
    response.on('error', () => {}) // A client that went away is part of the tests.
    answer({ request, response, number: requests.length - 1, path: request.url ?? '' })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`), requests }
}

/** First byte that a Range header asks for. */
export function rangeStart(request: http.IncomingMessage): number {
  return Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
}

/** Answers as a good server does: the whole, or the part that was asked for. */
export function sendRange({ request, response }: Exchange, body: Buffer, etag?: string): void {
  const headers = { 'content-type': 'application/octet-stream', ...(etag === undefined ? {} : { etag }) }
  const changed = request.headers['if-range'] !== undefined && request.headers['if-range'] !== etag
  const start = changed ? 0 : rangeStart(request)
  if (start > 0) response.writeHead(206, { ...headers, 'content-range': `bytes ${start}-${body.length - 1}/${body.length}`, 'content-length': body.length - start })
  else response.writeHead(200, { ...headers, 'content-length': body.length })
  response.end(body.subarray(start))
}

/** As `sendRange`, but the connection is cut before byte `end` of the file. */
export function cutAt({ request, response }: Exchange, body: Buffer, end: number, ranges = true): void {
  const start = ranges ? rangeStart(request) : 0
  if (start > 0) response.writeHead(206, { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}`, 'content-length': body.length - start })
  else response.writeHead(200, { 'content-length': body.length })
  response.flushHeaders()
  response.write(body.subarray(start, end), () => response.destroy())
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Bytes that repeat nowhere, so that a piece at the wrong place changes the file. */
export function content(size: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(size)
  let state = seed >>> 0
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'inkling-library-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** The real network, except that waiting takes no time and is written down. */
export function quickNetwork(idleMs = 10_000): Network & { readonly waits: readonly number[] } {
  const waits: number[] = []
  return {
    http: { idleMs, strictCertificates: true },
    retry: { failures: 4, firstDelayMs: 100, longestDelayMs: 1000, longestRetryAfterMs: 60_000 },
    wait: async (ms) => void waits.push(ms),
    waits,
  }
}
