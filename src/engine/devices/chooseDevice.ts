import type { ModelSpec } from '../protocol'
import type { Speed } from './measureSpeed'

/** Where a model can run. */
export type Device = Exclude<ModelSpec['device'], 'auto'>

/** What became of trying a device. */
export type Outcome =
  | ({ readonly kind: 'measured' } & Speed)
  /** It cannot be used for this model on this machine. `crashed`: it took its process down. */
  | { readonly kind: 'failed'; readonly reason: string; readonly crashed?: true }
  /** Somebody is trying it now. `sinceMs` as of Date.now(). `again`: an earlier trial was interrupted. */
  | { readonly kind: 'trying'; readonly pid: number; readonly sinceMs: number; readonly again?: true }
  /** Its trial was ended from outside: it is tried once more before it counts as failed. */
  | { readonly kind: 'interrupted' }

export type Outcomes = { readonly [D in Device]?: Outcome }

/** Whether a device is still to be tried. */
export function isOpen(outcome: Outcome | undefined): boolean {
  return outcome === undefined || outcome.kind === 'interrupted'
}

/** A usual request of somebody who writes: some tokens that changed are read, then a suggestion is written. */
const typical = { readTokens: 24, writtenTokens: 12 }

/** A device must take at most this share of the processor's time: what is only a little quicker is not worth another load and the memory of a second copy. */
const clearlyFaster = 0.8

/** The device that a model runs on here: the processor, unless another was measured to be clearly faster. */
export function chooseDevice(outcomes: Outcomes): Device {
  const cpu = outcomes.cpu
  if (cpu?.kind !== 'measured') return 'cpu'
  let best: { readonly device: Device; readonly seconds: number } = { device: 'cpu', seconds: typicalSeconds(cpu) * clearlyFaster }
  for (const [device, outcome] of Object.entries(outcomes) as [Device, Outcome][]) {
    if (device === 'cpu' || outcome.kind !== 'measured') continue
    const seconds = typicalSeconds(outcome)
    if (seconds < best.seconds) best = { device, seconds }
  }
  return best.device
}

function typicalSeconds({ prefillTokensPerSecond, decodeTokensPerSecond }: Speed): number {
  return typical.readTokens / prefillTokensPerSecond + typical.writtenTokens / decodeTokensPerSecond
}
