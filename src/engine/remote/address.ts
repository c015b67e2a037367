import { InklingError } from '../../base/errors'
import { isLoopback } from '../../library/address'

/** The address of a server as a setting gives it, or undefined: http or https, without password, query or fragment. */
export function parseServerUrl(text: string): URL | undefined {
  let url: URL
  try {
    url = new URL(text.trim())
  } catch {
    return undefined
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return undefined
  return url
}

/** A place of the protocol. The address may be given with or without the `/v1` that every server has. */
export function endpoint(server: URL, name: 'models' | 'completions'): URL {
  const place = new URL(server)
  const path = server.pathname.replace(/\/+$/, '')
  // Set, not resolved: a path that begins with two strokes would be another host.
  place.pathname = `${path.endsWith('/v1') ? path : `${path}/v1`}/${name}`
  return place
}

/**
 * Whether what is sent to `server` can be read on the way: plain http to another machine. To this one nothing is on the
 * way, whether a server listens there or an SSH tunnel, which encrypts for itself.
 */
export function isReadableOnTheWay(server: URL): boolean {
  return server.protocol === 'http:' && !isLoopback(server)
}

/** @throws InklingError `server-unset`, `server-address`, `server-insecure` */
export function requireServer(text: string, allowHttp: boolean): URL {
  if (text.trim() === '') throw InklingError.of('server-unset', {})
  const server = parseServerUrl(text)
  if (server === undefined) throw InklingError.of('server-address', { address: text.slice(0, 200) })
  if (isReadableOnTheWay(server) && !allowHttp) throw InklingError.of('server-insecure', { host: server.host })
  return server
}
