/** Whole chunks are compared first: the engine does that at the speed of memory. */
const chunk = 4096

/** How many characters `a` and `b` have in common at their beginning. */
export function commonPrefix(a: string, b: string): number {
  const limit = Math.min(a.length, b.length)
  let at = 0
  while (at + chunk <= limit && a.slice(at, at + chunk) === b.slice(at, at + chunk)) at += chunk
  while (at < limit && a.charCodeAt(at) === b.charCodeAt(at)) at++
  return at
}

/** How many characters `a` and `b` have in common at their end, at most `limit`. */
export function commonSuffix(a: string, b: string, limit: number): number {
  let length = 0
  while (length + chunk <= limit && a.slice(a.length - length - chunk, a.length - length) === b.slice(b.length - length - chunk, b.length - length)) length += chunk
  while (length < limit && a.charCodeAt(a.length - length - 1) === b.charCodeAt(b.length - length - 1)) length++
  return length
}
