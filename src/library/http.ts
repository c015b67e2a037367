import * as http from 'http'
import * as https from 'https'
import { CancelledError, throwIfCancelled } from '../base/cancellation'
import { InklingError } from '../base/errors'
import { isAllowedUrl } from './address'

/**
 * Requests over Node's own http and https. In the extension host VS Code gives both a `request` that goes through the
 * user's proxy and trusts the system's certificates; its module loader looks for the names without `node:`. Unlike
 * `fetch` they let a single request follow `http.proxyStrictSSL`, and show every redirect before it is followed.
 */
export interface HttpSettings {
  /** Without a byte for this long a connection counts as broken. */
  readonly idleMs: number
  /** False where the user has switched `http.proxyStrictSSL` off. */
  readonly strictCertificates: boolean
}

export interface HttpRequest {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /** Sent as a bearer token to the host of `url` only: never to where a redirect leads. */
  readonly token: string | undefined
  readonly signal: AbortSignal
}

export interface HttpResponse {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  /** Ends early with an error when the connection breaks, stalls, or the request is cancelled. */
  chunks(): AsyncGenerator<Uint8Array>
  /** Gives the connection up; to be called when `chunks` is not read to its end. */
  discard(): void
}

/** A failure that may be gone at the next try. `final` is what to tell when it is not. */
export class TransientError extends Error {
  constructor(readonly final: InklingError, readonly retryAfterMs?: number) {
    super(final.message, { cause: final })
    this.name = 'TransientError'
  }
}

const mostRedirects = 8

/** @throws TransientError, InklingError `download-insecure` or `download-certificate`, CancelledError */
export async function openUrl(request: HttpRequest, settings: HttpSettings): Promise<HttpResponse> {
  let url = request.url
  requireAllowed(url, url, url)
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const withToken = request.token !== undefined && url.origin === request.url.origin
    const headers = { ...request.headers, ...(withToken ? { authorization: `Bearer ${request.token}` } : {}) }
    const message = await send(url, headers, request.signal, settings)
    const location = redirectTarget(message, url)
    if (location === undefined) return response(message, url, request.signal, settings)
    message.destroy()
    requireAllowed(location, url, request.url)
    url = location
  }
  throw InklingError.of('download-insecure', { host: request.url.host, target: 'itself without end' })
}

function requireAllowed(url: URL, from: URL, start: URL): void {
  if (!isAllowedUrl(url, from)) throw InklingError.of('download-insecure', { host: start.host, target: `${url.protocol}//${url.host}` })
}

function redirectTarget(message: http.IncomingMessage, url: URL): URL | undefined {
  const { location } = message.headers
  if (![301, 302, 303, 307, 308].includes(message.statusCode ?? 0) || location === undefined) return undefined
  try {
    return new URL(location, url)
  } catch {
    throw InklingError.of('download-insecure', { host: url.host, target: 'an address that is none' })
  }
}

function send(url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal, settings: HttpSettings): Promise<http.IncomingMessage> {
  throwIfCancelled(signal)
  const options: https.RequestOptions = { headers: { 'accept-encoding': 'identity', 'user-agent': 'inkling', ...headers } }
  // Only when it is off: a user's own agent options stay as they are otherwise.
  if (!settings.strictCertificates) options.rejectUnauthorized = false
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? https.request(url, options) : http.request(url, options)
    const timer = setTimeout(() => request.destroy(stalled()), settings.idleMs)
    const cancel = (): unknown => request.destroy(new CancelledError())
    signal.addEventListener('abort', cancel, { once: true })
    const settle = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', cancel)
    }
    request.on('response', (message) => (settle(), resolve(message)))
    // Stays after the response: a late error of the socket belongs to the body, whose reader hears of it.
    request.on('error', (error) => (settle(), reject(networkError(error, url))))
    request.end()
  })
}

function response(message: http.IncomingMessage, url: URL, signal: AbortSignal, settings: HttpSettings): HttpResponse {
  return {
    status: message.statusCode ?? 0,
    headers: message.headers,
    chunks: () => readChunks(message, url, signal, settings.idleMs),
    discard: () => message.destroy(),
  }
}

/** Bytes that may wait for a slow reader before the connection is paused. */
const mostQueued = 1 << 20

/**
 * The body as it comes. What has arrived before the connection broke is handed on before the failure is: Node's own
 * iteration drops it, and it would have to be fetched again.
 */
async function* readChunks(message: http.IncomingMessage, url: URL, signal: AbortSignal, idleMs: number): AsyncGenerator<Uint8Array> {
  const queue: Uint8Array[] = []
  let queued = 0
  let end: { readonly error: unknown } | 'done' | undefined
  let wake = (): void => {}
  const finish = (how: typeof end): void => {
    end ??= how
    wake()
  }
  message.on('data', (chunk: Uint8Array) => {
    queue.push(chunk)
    queued += chunk.length
    if (queued > mostQueued) message.pause()
    wake()
  })
  message.on('end', () => finish('done'))
  message.on('error', (error) => finish({ error }))
  message.on('close', () => finish({ error: new Error('the connection was closed') }))
  const cancel = (): unknown => message.destroy(new CancelledError())
  signal.addEventListener('abort', cancel, { once: true })
  if (signal.aborted) cancel()
  try {
    for (;;) {
      throwIfCancelled(signal)
      const chunk = queue.shift()
      if (chunk !== undefined) {
        queued -= chunk.length
        yield chunk
        continue
      }
      if (end === 'done') return
      if (end !== undefined) throw networkError(end.error, url)
      message.resume()
      // The clock runs only while the network is waited for, not while a slow disk is.
      const timer = setTimeout(() => message.destroy(stalled()), idleMs)
      await new Promise<void>((resolve) => (wake = resolve))
      clearTimeout(timer)
    }
  } finally {
    signal.removeEventListener('abort', cancel)
    message.destroy()
  }
}

function stalled(): Error {
  return Object.assign(new Error('nothing came for too long'), { code: 'ETIMEDOUT' })
}

/** Codes of OpenSSL's and Node's verdicts about certificates, as `tls` gives them. */
const certificateCodes = /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE)/

function networkError(error: unknown, { host }: URL): Error {
  if (error instanceof CancelledError || error instanceof InklingError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const reason = error instanceof Error ? error.message || code : String(error)
  if (certificateCodes.test(code)) return InklingError.of('download-certificate', { host, reason }, error)
  return new TransientError(InklingError.of('download-unreachable', { host, reason }, error))
}
