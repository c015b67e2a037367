import type { IncomingHttpHeaders } from 'node:http'
import { InklingError } from '../../base/errors'
import { TransientError } from '../../library/http'
import { parseRetryAfter } from '../../library/retryPolicy'
import { parseComplaint } from './messages'

/** An answer other than what was asked for. */
export interface Refused {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** What stood in it, where that was JSON. */
  readonly body: unknown
  readonly host: string
  readonly path: string
  /** Empty where none was named. */
  readonly model: string
}

/** A text that the server's model cannot hold. */
export class TooLongError extends Error {
  /** @param contextLength tokens, where the server says how many it can hold */
  constructor(readonly final: InklingError, readonly contextLength: number | undefined) {
    super(final.message, { cause: final })
    this.name = 'TooLongError'
  }
}

/** The request as it was cannot be served, whatever its text; one with fewer wishes may be. */
export class UnfitRequestError extends Error {
  constructor(readonly final: InklingError) {
    super(final.message, { cause: final })
    this.name = 'UnfitRequestError'
  }
}

/** What a refusal means. By status and by the codes that servers give, never by their sentences. */
export function refusal({ status, headers, body, host, path, model }: Refused): Error {
  const { reason: told, tooLong } = parseComplaint(body)
  const reason = told === '' ? 'it gives no reason' : told
  if (tooLong !== undefined) return new TooLongError(InklingError.of('server-context', { host }), tooLong.contextLength)
  switch (status) {
    case 401:
    case 403:
      return InklingError.of('server-key', { host })
    case 404:
    case 405:
    case 410:
      // Servers that have the place but not the model say so in their own words; others have no words for it.
      return model !== '' && told !== '' && body !== undefined && hasError(body) ? InklingError.of('server-model-missing', { host, model }) : InklingError.of('server-no-completions', { host, status, path })
    case 429:
    case 503:
      return new TransientError(InklingError.of('server-busy', { host }), parseRetryAfter(headers['retry-after'], Date.now()))
    case 400:
    case 422:
    case 501:
      return new UnfitRequestError(InklingError.of('server-refused', { host, status, reason }))
    default:
      return status >= 500 || status === 408 ? new TransientError(InklingError.of('server-failed', { host, status, reason })) : InklingError.of('server-refused', { host, status, reason })
  }
}

/** The protocol's own form of a complaint, in which no web framework answers for a place that it does not know. */
function hasError(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'error' in body
}
