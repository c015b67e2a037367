/** How an engine that died is started again: a plain value, tested without processes. */
export interface RestartPolicy {
  /** Deaths within `windowMs` after which it stays off. */
  readonly maxDeaths: number
  readonly windowMs: number
  /** Wait before the first restart; doubles with every further death in the window. */
  readonly firstDelayMs: number
  readonly maxDelayMs: number
}

export const engineRestartPolicy: RestartPolicy = { maxDeaths: 4, windowMs: 5 * 60_000, firstDelayMs: 200, maxDelayMs: 10_000 }

export type RestartDecision =
  | { readonly kind: 'restart'; readonly delayMs: number }
  | { readonly kind: 'give-up'; readonly deaths: number }

/**
 * What to do after a death.
 * @param deathTimes when it died, oldest first, the latest included; milliseconds on the clock of `now`
 */
export function decideRestart(policy: RestartPolicy, deathTimes: readonly number[], now: number): RestartDecision {
  const deaths = deathTimes.filter((time) => now - time < policy.windowMs).length
  if (deaths >= policy.maxDeaths) return { kind: 'give-up', deaths }
  return { kind: 'restart', delayMs: Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** Math.max(0, deaths - 1)) }
}
