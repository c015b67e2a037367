import { InklingError } from '../base/errors'
import { openUrl, TransientError, type HttpResponse, type HttpSettings } from './http'
import { PartFile, type ExpectedFile } from './partFile'
import { beginsAsWebPage, isWebPage, refusal } from './refusal'
import { retrying } from './retrying'
import type { RetryPolicy } from './retryPolicy'

/** What a transfer needs of the world. */
export interface Network {
  readonly http: HttpSettings
  readonly retry: RetryPolicy
  /** @throws CancelledError when `signal` fires before */
  wait(ms: number, signal: AbortSignal): Promise<void>
}

export interface Download extends ExpectedFile {
  readonly url: URL
  readonly token: string | undefined
  /** The file's name for messages. */
  readonly name: string
  /** Where the file is to lie; its folder exists. */
  readonly target: string
}

/** Called with the bytes that are there, whenever that number changes; it goes back when a file begins again. */
export type OnReceived = (bytes: number) => void

/**
 * Fetches one file, going on from what an earlier try has left, and puts it in place once size and hash are right.
 * @returns its SHA-256
 * @throws InklingError `download-…`, `disk-full`, `file-unwritable`; CancelledError. What has arrived is kept.
 */
export async function downloadFile(download: Download, network: Network, onReceived: OnReceived, signal: AbortSignal): Promise<string> {
  const part = await PartFile.open(download.target, download, signal)
  const host = download.url.host
  try {
    // What an earlier session left may have been damaged on disk; a mismatch then is no verdict about the server.
    for (let resumed = part.length > 0; ; resumed = false) {
      onReceived(part.length)
      await receiveAll(download, part, network, onReceived, signal)
      const result = await part.finish()
      if ('sha256' in result) return result.sha256
      onReceived(0)
      if (!resumed) throw InklingError.of('download-hash', { file: download.name, host, actual: result.mismatch, expected: download.digest?.hex ?? '' })
    }
  } finally {
    await part.close()
  }
}

async function receiveAll(download: Download, part: PartFile, network: Network, onReceived: OnReceived, signal: AbortSignal): Promise<void> {
  if (part.length >= download.sizeBytes) return
  await retrying(network, signal, () => receiveOnce(download, part, network, onReceived, signal), () => part.length)
}

/** One request; returns when the file is complete. */
async function receiveOnce(download: Download, part: PartFile, network: Network, onReceived: OnReceived, signal: AbortSignal): Promise<void> {
  const from = part.length
  const headers: Record<string, string> = from > 0 ? { range: `bytes=${from}-`, ...(part.etag === undefined ? {} : { 'if-range': part.etag }) } : {}
  const response = await openUrl({ url: download.url, headers, token: download.token, signal }, network.http)
  try {
    let skip = await accept(download, part, response)
    let first = true
    for await (const chunk of response.chunks()) {
      if (first && beginsAsWebPage(chunk)) throw portal(download)
      if (first) requireLength(download, response)
      first = false
      const fresh = chunk.subarray(Math.min(skip, chunk.length))
      skip -= chunk.length - fresh.length
      if (fresh.length === 0) continue
      if (part.length + fresh.length > download.sizeBytes) throw wrongSize(download, `more than ${download.sizeBytes}`)
      await part.append(fresh)
      onReceived(part.length)
    }
  } finally {
    response.discard()
  }
  if (part.length < download.sizeBytes) {
    throw new TransientError(InklingError.of('download-cut', { host: download.url.host, file: download.name, received: part.length, size: download.sizeBytes }))
  }
}

/** Checks the head of an answer. @returns bytes of its body that are here already */
async function accept(download: Download, part: PartFile, response: HttpResponse): Promise<number> {
  const { status, headers } = response
  const { name, sizeBytes, url: { host } } = download
  if (status === 416) {
    // What is here is as long as the file or longer, and yet not the file.
    await part.reset()
    throw new TransientError(InklingError.of('download-refused', { host, file: name, status }))
  }
  if (status !== 200 && status !== 206) throw refusal(response, host, name)
  if (isWebPage(response)) throw portal(download)
  const encoding = (headers['content-encoding'] ?? 'identity').toLowerCase()
  if (encoding !== 'identity') throw InklingError.of('download-altered', { host, file: name, reason: `it comes encoded as ${encoding.slice(0, 40)}` })

  const etag = strongEtag(headers.etag)
  if (status === 206) {
    const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers['content-range'] ?? '')
    const total = range?.[3] === '*' ? sizeBytes : Number(range?.[3])
    if (range && total !== sizeBytes) throw wrongSize(download, total)
    if (!range || Number(range[1]) !== part.length || (part.etag !== undefined && etag !== undefined && etag !== part.etag)) {
      // Not the piece that was asked for: what is here cannot be trusted to fit to it.
      await part.reset()
      throw new TransientError(InklingError.of('download-altered', { host, file: name, reason: 'it sends another part than was asked for' }))
    }
    await part.setEtag(etag ?? part.etag)
    return 0
  }
  // A whole file where a part was asked for: the server cannot resume, or the file is another one now.
  if (part.length > 0 && part.etag !== undefined && etag !== undefined && etag !== part.etag) await part.reset()
  await part.setEtag(etag)
  return part.length
}

/** An ETag that may stand in If-Range (RFC 9110, section 13.1.5: weak ones may not). */
function strongEtag(value: string | undefined): string | undefined {
  return value !== undefined && /^"[\x21\x23-\x7e]{1,200}"$/.test(value) ? value : undefined
}

/** Looked at only once the body has begun: a web page that comes in place of the file has another length, too. */
function requireLength(download: Download, { status, headers }: HttpResponse): void {
  const length = headers['content-length']
  if (status === 200 && length !== undefined && Number(length) !== download.sizeBytes) throw wrongSize(download, length)
}

function portal({ name, url: { host } }: Download): InklingError {
  return InklingError.of('download-portal', { host, file: name })
}

function wrongSize(download: Download, actual: string | number): InklingError {
  return InklingError.of('download-size', { file: download.name, host: download.url.host, actual, expected: download.sizeBytes })
}
