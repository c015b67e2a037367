import { describe, expect, it } from 'vitest'
import { measureSpeed, speedMeasure } from '../../../../src/engine/devices/measureSpeed'
import { ManualClock } from '../../../support/manualClock'
import { fakeModel } from './fakeModel'

describe('the speed of a model', () => {
  it.each([
    ['counts neither the first tokens nor what is read for it', 1, { prefillTokensPerSecond: 32_000, decodeTokensPerSecond: 1000 }],
    ['of a device that needs seconds for a token is told after a few', 5000, { prefillTokensPerSecond: 8 / 5, decodeTokensPerSecond: 1 / 5 }],
  ])('%s', async (_, stepMs, expected) => {
    const clock = new ManualClock()
    let steps = 0
    // A context of 64 tokens: 32 are read. Every step takes as long, however many tokens it has; the first ten times that.
    const model = fakeModel('cpu', (_logits, step) => {
      steps++
      clock.advance(step === 0 ? 10 * stepMs : stepMs)
    })
    const speed = await measureSpeed(model, clock)
    expect(speed.prefillTokensPerSecond).toBeCloseTo(expected.prefillTokensPerSecond, 3)
    expect(speed.decodeTokensPerSecond).toBeCloseTo(expected.decodeTokensPerSecond, 3)
    expect(steps).toBeLessThanOrEqual(2 + 3 + 1 + speedMeasure.newTokens)
  })
})
