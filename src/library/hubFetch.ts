import { InklingError } from '../base/errors'
import type { Network } from './download'
import { openUrl } from './http'
import { beginsAsWebPage, isWebPage, refusal } from './refusal'
import { retrying } from './retrying'

/** No honest answer of the hub's API is longer. */
const longestAnswer = 16 << 20

/** A listing is asked for while somebody looks on: a hub that is out of reach should be told soon. */
const listingFailures = 3

/**
 * A `fetch` for `@huggingface/hub` over our own requests: through the editor's proxy, with retries, bounded, and with the
 * token only for the hub itself (the library would send it wherever a `Link` header points).
 * @param about the model, for messages
 */
export function hubFetch(hub: URL, token: string | undefined, about: string, network: Network, signal: AbortSignal): typeof fetch {
  return async (input) => {
    const url = new URL(input instanceof Request ? input.url : input)
    if (url.origin !== hub.origin) throw InklingError.of('download-insecure', { host: hub.host, target: url.origin })
    return retrying({ ...network, retry: { ...network.retry, failures: Math.min(network.retry.failures, listingFailures) } }, signal, async () => {
      const response = await openUrl({ url, headers: { accept: 'application/json' }, token, signal }, network.http)
      try {
        if (response.status !== 200) throw refusal(response, hub.host, about)
        if (isWebPage(response)) throw InklingError.of('download-portal', { host: hub.host, file: about })
        const chunks: Uint8Array[] = []
        let size = 0
        for await (const chunk of response.chunks()) {
          chunks.push(chunk)
          size += chunk.length
          if (size > longestAnswer) throw InklingError.of('listing-invalid', { host: hub.host, model: about, reason: 'its answer has no end' })
        }
        const body = Buffer.concat(chunks)
        if (beginsAsWebPage(body)) throw InklingError.of('download-portal', { host: hub.host, file: about })
        const link = response.headers.link
        return new Response(body, { status: 200, headers: { 'content-type': 'application/json', ...(typeof link === 'string' ? { link } : {}) } })
      } finally {
        response.discard()
      }
    })
  }
}
