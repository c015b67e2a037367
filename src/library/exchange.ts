import * as http from 'http'
import * as https from 'https'
import { CancelledError, throwIfCancelled } from '../base/cancellation'

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

/** One request; it is sent as it is, and a redirect is an answer like any other. */
export interface Exchange {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /** Makes it a POST. */
  readonly body?: string
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

/** What the network, and not the one who answers, did to an exchange. */
export class NetworkError extends Error {
  constructor(
    readonly kind: 'unreachable' | 'stalled' | 'certificate',
    readonly reason: string,
    cause: unknown,
  ) {
    super(reason, { cause })
    this.name = 'NetworkError'
  }
}

/** @throws NetworkError, CancelledError; so do the response's `chunks` */
export async function exchange(request: Exchange, settings: HttpSettings): Promise<HttpResponse> {
  const message = await send(request, settings)
  return {
    status: message.statusCode ?? 0,
    headers: message.headers,
    chunks: () => readChunks(message, request.signal, settings.idleMs),
    discard: () => message.destroy(),
  }
}

function send({ url, headers, body, signal }: Exchange, settings: HttpSettings): Promise<http.IncomingMessage> {
  throwIfCancelled(signal)
  const sent = body === undefined ? undefined : Buffer.from(body)
  const options: https.RequestOptions = {
    method: sent === undefined ? 'GET' : 'POST',
    headers: { 'accept-encoding': 'identity', 'user-agent': 'inkling', ...(sent === undefined ? {} : { 'content-length': sent.length }), ...headers },
  }
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
    request.on('error', (error) => {
      settle()
      // A connection that was kept open may be closed by the other side at the moment of its use (Node’s documentation of `request.reusedSocket`).
      if (request.reusedSocket && 'code' in error && error.code === 'ECONNRESET') send({ url, headers, signal, ...(body === undefined ? {} : { body }) }, settings).then(resolve, reject)
      else reject(networkError(error))
    })
    request.end(sent)
  })
}

/** Bytes that may wait for a slow reader before the connection is paused. */
const mostQueued = 1 << 20

/**
 * The body as it comes. What has arrived before the connection broke is handed on before the failure is: Node's own
 * iteration drops it, and it would have to be fetched again.
 */
async function* readChunks(message: http.IncomingMessage, signal: AbortSignal, idleMs: number): AsyncGenerator<Uint8Array> {
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
      if (end !== undefined) throw networkError(end.error)
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

const stalledCode = 'ETIMEDOUT'

function stalled(): Error {
  return Object.assign(new Error('nothing came for too long'), { code: stalledCode })
}

/** Codes of OpenSSL's and Node's verdicts about certificates, as `tls` gives them. */
const certificateCodes = /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE)/

function networkError(error: unknown): Error {
  if (error instanceof CancelledError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const reason = error instanceof Error ? error.message || code : String(error)
  return new NetworkError(certificateCodes.test(code) ? 'certificate' : code === stalledCode ? 'stalled' : 'unreachable', reason, error)
}
