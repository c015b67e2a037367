import type { InklingError } from '../../base/errors'

/** How long a server is left alone after it failed: a plain value, tested without waiting. */
export interface PausePolicy {
  /** After the first failure; doubles with every further one. */
  readonly firstMs: number
  /** Also after what will not pass by itself, as a refused key. */
  readonly longestMs: number
  /** What a server asks for is granted up to this. */
  readonly longestRetryAfterMs: number
}

export const serverPausePolicy: PausePolicy = { firstMs: 1000, longestMs: 60_000, longestRetryAfterMs: 10 * 60_000 }

export interface Pause {
  readonly failures: number
  /** On the clock that `afterFailure` was given. */
  readonly untilMs: number
  /** The server itself asked for it, so that nobody may break it. */
  readonly requested: boolean
  readonly error: InklingError
}

export interface Failure {
  readonly error: InklingError
  /** It may be gone at the next try. */
  readonly passing: boolean
  readonly retryAfterMs?: number | undefined
}

/** @param before the pause that the failed request came after, if any */
export function afterFailure(policy: PausePolicy, before: Pause | undefined, { error, passing, retryAfterMs }: Failure, nowMs: number): Pause {
  const failures = (before?.failures ?? 0) + 1
  const own = passing ? Math.min(policy.longestMs, policy.firstMs * 2 ** (failures - 1)) : policy.longestMs
  const asked = retryAfterMs === undefined ? 0 : Math.min(retryAfterMs, policy.longestRetryAfterMs)
  return { failures, untilMs: nowMs + Math.max(own, asked), requested: asked > 0, error }
}

/** @param asked a person waits for it; otherwise it is one of many that typing makes @returns the error to give instead of asking the server */
export function reasonToWait(pause: Pause | undefined, asked: boolean, nowMs: number): InklingError | undefined {
  if (pause === undefined || nowMs >= pause.untilMs) return undefined
  return asked && !pause.requested ? undefined : pause.error
}
