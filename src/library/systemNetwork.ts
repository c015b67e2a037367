import { setTimeout as sleep } from 'node:timers/promises'
import { CancelledError } from '../base/cancellation'
import type { Network } from './download'
import { downloadRetryPolicy } from './retryPolicy'

/** The real network. */
export function systemNetwork(settings: { readonly strictCertificates: boolean }): Network {
  return { http: { idleMs: 30_000, strictCertificates: settings.strictCertificates }, retry: downloadRetryPolicy, wait }
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal })
  } catch {
    // Only its signal makes the timer fail.
    throw new CancelledError()
  }
}
