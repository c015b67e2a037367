import { describe, expect, it } from 'vitest'
import { InklingError } from '../../../../src/base/errors'
import { afterFailure, reasonToWait, type Pause } from '../../../../src/engine/remote/pauses'

const policy = { firstMs: 1000, longestMs: 8000, longestRetryAfterMs: 60_000 }
const error = InklingError.of('server-busy', { host: 'gpu' })

describe('the pause after a failure', () => {
  it.each([
    ['the first that passes', 0, true, undefined, 1000, false],
    ['the third', 2, true, undefined, 4000, false],
    ['the tenth', 9, true, undefined, 8000, false],
    ['one that will not pass by itself', 0, false, undefined, 8000, false],
    ['one whose server asks for a pause', 0, true, 20_000, 20_000, true],
    ['one whose server asks for less than we wait anyway', 3, true, 1000, 8000, true],
    ['one whose server asks for a year', 0, true, 3e10, 60_000, true],
  ])('%s', (_, failures, passing, retryAfterMs, lasts, requested) => {
    const before: Pause | undefined = failures === 0 ? undefined : { failures, untilMs: 0, requested: false, error }
    expect(afterFailure(policy, before, { error, passing, retryAfterMs }, 100)).toMatchObject({ failures: failures + 1, untilMs: 100 + lasts, requested })
  })

  it.each([
    ['typing waits', false, false, 50, true],
    ['who asks does not', true, false, 50, false],
    ['who asks waits too where the server wants it', true, true, 50, true],
    ['nobody waits when it is over', false, true, 100, false],
  ])('%s', (_, asked, requested, now, waits) => {
    expect(reasonToWait({ failures: 1, untilMs: 100, requested, error }, asked, now)).toBe(waits ? error : undefined)
  })
})
