export const officialHub = 'https://huggingface.co'

/** `http:` is for servers on this machine, and only such a server may lead to another: a remote one must not reach inside. */
export function isAllowedUrl(url: URL, from: URL): boolean {
  if (url.username !== '' || url.password !== '') return false
  if (isLoopback(url) && !isLoopback(from)) return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))
}

export function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}

/** The address of a hub as a setting gives it, or undefined: https, or http on this machine; no password, query or fragment. */
export function parseHubUrl(text: string): URL | undefined {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    return undefined
  }
  return isAllowedUrl(url, url) && url.search === '' && url.hash === '' ? url : undefined
}
