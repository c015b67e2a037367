import { describe, expect, it } from 'vitest'
import { decideRestart, type RestartPolicy } from '../../../src/engine/restartPolicy'

const policy: RestartPolicy = { maxDeaths: 3, windowMs: 1000, firstDelayMs: 100, maxDelayMs: 150 }

describe('decideRestart', () => {
  it.each([
    ['the first death', [5000], 5000, { kind: 'restart', delayMs: 100 }],
    ['a second death soon after waits longer, up to the limit', [5000, 5100], 5100, { kind: 'restart', delayMs: 150 }],
    ['a third death within the window', [5000, 5100, 5200], 5200, { kind: 'give-up', deaths: 3 }],
    ['deaths before the window do not count', [1000, 2000, 5200], 5200, { kind: 'restart', delayMs: 100 }],
    ['a death exactly as old as the window does not count', [4200, 5100, 5200], 5200, { kind: 'restart', delayMs: 150 }],
  ] as const)('%s', (_, deaths, now, expected) => {
    expect(decideRestart(policy, deaths, now)).toEqual(expected)
  })
})
