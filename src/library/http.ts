import { InklingError } from '../base/errors'
import { isAllowedUrl } from './address'
import { exchange, NetworkError, type HttpResponse, type HttpSettings } from './exchange'

export type { HttpResponse, HttpSettings } from './exchange'

export interface HttpRequest {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /** Sent as a bearer token to the host of `url` only: never to where a redirect leads. */
  readonly token: string | undefined
  readonly signal: AbortSignal
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
    const response = await follow(request, url, settings)
    const location = redirectTarget(response, url)
    if (location === undefined) return response
    response.discard()
    requireAllowed(location, url, request.url)
    url = location
  }
  throw InklingError.of('download-insecure', { host: request.url.host, target: 'itself without end' })
}

async function follow({ url: start, headers, token, signal }: HttpRequest, url: URL, settings: HttpSettings): Promise<HttpResponse> {
  const withToken = token !== undefined && url.origin === start.origin
  try {
    const response = await exchange({ url, headers: { ...headers, ...(withToken ? { authorization: `Bearer ${token}` } : {}) }, signal }, settings)
    return { ...response, chunks: () => chunksOf(response, url) }
  } catch (error) {
    throw told(error, url)
  }
}

async function* chunksOf(response: HttpResponse, url: URL): AsyncGenerator<Uint8Array> {
  try {
    yield* response.chunks()
  } catch (error) {
    throw told(error, url)
  }
}

function requireAllowed(url: URL, from: URL, start: URL): void {
  if (!isAllowedUrl(url, from)) throw InklingError.of('download-insecure', { host: start.host, target: `${url.protocol}//${url.host}` })
}

function redirectTarget({ status, headers: { location } }: HttpResponse, url: URL): URL | undefined {
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return undefined
  try {
    return new URL(location, url)
  } catch {
    throw InklingError.of('download-insecure', { host: url.host, target: 'an address that is none' })
  }
}

function told(error: unknown, { host }: URL): unknown {
  if (!(error instanceof NetworkError)) return error
  if (error.kind === 'certificate') return InklingError.of('download-certificate', { host, reason: error.reason }, error.cause)
  return new TransientError(InklingError.of('download-unreachable', { host, reason: error.reason }, error.cause))
}
