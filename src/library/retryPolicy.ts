/** How often and how long to try, as a value. */
export interface RetryPolicy {
  /** Failures in a row without a byte gained in between, after which it ends. */
  readonly failures: number
  readonly firstDelayMs: number
  readonly longestDelayMs: number
  /** A server that asks for a longer pause than this is not waited for. */
  readonly longestRetryAfterMs: number
}

export const downloadRetryPolicy: RetryPolicy = { failures: 6, firstDelayMs: 1000, longestDelayMs: 30_000, longestRetryAfterMs: 120_000 }

/**
 * How long to wait before the next try, or undefined to give up.
 * @param failed failures in a row, this one included
 * @param retryAfterMs what the server asked for
 */
export function retryDelayMs(policy: RetryPolicy, failed: number, retryAfterMs: number | undefined): number | undefined {
  if (failed >= policy.failures) return undefined
  const own = Math.min(policy.firstDelayMs * 2 ** (failed - 1), policy.longestDelayMs)
  if (retryAfterMs === undefined) return own
  return retryAfterMs > policy.longestRetryAfterMs ? undefined : Math.max(own, retryAfterMs)
}

/**
 * The pause that a `Retry-After` header asks for (RFC 9110, section 10.2.3: seconds or a date), in milliseconds.
 * @param nowMs milliseconds since 1970
 */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined
  const text = value.trim()
  if (/^\d+$/.test(text)) return Number(text) * 1000
  const date = Date.parse(text)
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs)
}
