import { InklingError } from '../base/errors'
import { TransientError, type HttpResponse } from './http'
import { parseRetryAfter } from './retryPolicy'

/** What an answer other than the file means. @param file what was asked for, for the message */
export function refusal({ status, headers }: HttpResponse, host: string, file: string): Error {
  const refused = InklingError.of('download-refused', { host, file, status })
  const retryAfterMs = parseRetryAfter(headers['retry-after'], Date.now())
  switch (status) {
    case 401:
    case 403:
      // Hugging Face answers so for what does not exist, to those who have not signed in.
      return headers['x-error-code'] === 'RepoNotFound' ? InklingError.of('download-missing', { host, file }) : InklingError.of('download-token', { host, file })
    case 404:
    case 410:
      return InklingError.of('download-missing', { host, file })
    case 429:
    case 503:
      return new TransientError(retryAfterMs === undefined ? refused : InklingError.of('download-busy', { host, seconds: Math.ceil(retryAfterMs / 1000) }), retryAfterMs)
    case 511:
      return InklingError.of('download-portal', { host, file })
    default:
      return status >= 500 || status === 408 ? new TransientError(refused) : refused
  }
}

/** Whether a web page is announced, as from a network that wants its users to sign in. */
export function isWebPage({ headers }: HttpResponse): boolean {
  return /^\s*(text\/html|application\/xhtml)/i.test(headers['content-type'] ?? '')
}

/** Whether a body begins as a web page does, whatever it was announced as. No file of a model does. */
export function beginsAsWebPage(bytes: Uint8Array): boolean {
  return /^\s*<(!doctype html|html|head|body|script|meta)\b/i.test(Buffer.from(bytes.subarray(0, 200)).toString('latin1').replace(/^\u00ef\u00bb\u00bf/, ''))
}
