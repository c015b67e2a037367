import type { IDisposable } from './lifecycle'

/** Time, handed in so that decisions about it can be tested without waiting. */
export interface Clock {
  /** Milliseconds since an arbitrary origin; never goes back. */
  now(): number
  /** Runs `action` once after `delayMs`, unless disposed before. */
  after(delayMs: number, action: () => void): IDisposable
}
