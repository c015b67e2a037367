import { describe, expect, it } from 'vitest'
import { findAlarm, spread, type AlarmKind } from '../../../src/gan/alarm'
import { Curves } from '../../../src/gan/curves'
import type { StepResult } from '../../../src/gan/ganEngine'
import { Random } from '../../../src/gan/random'
import { changeSettings, presets } from '../../../src/gan/settings'

const calm: StepResult = { lossReal: 0.5, lossFake: 0.5, lossGenerator: 1.2, accuracyReal: 0.8, accuracyFake: 0.75 }
const random = Random.from(1, 'sample')
const varied = Uint8Array.from({ length: 40 * 784 }, () => random.below(256))
const same = Uint8Array.from({ length: 40 * 784 }, (_, i) => varied[i % 784] ?? 0)
/** Each digit always the same, but ten different digits. */
const sameByDigit = Uint8Array.from({ length: 40 * 784 }, (_, i) => varied[i % 7840] ?? 0)
const realSpread = spread(varied, false)

function curvesOf(steps: number, result: StepResult, last = result): Curves {
  const curves = new Curves()
  for (let step = 1; step <= steps; step++) curves.add(step, step === steps ? last : result)
  return curves
}

describe('findAlarm', () => {
  it.each<[string, number, StepResult, StepResult, Uint8Array, boolean, AlarmKind | undefined]>([
    ['all is well', 1000, calm, calm, varied, true, undefined],
    ['a loss is no number', 1000, calm, { ...calm, lossReal: Number.NaN }, varied, true, 'not-finite'],
    ['a loss is infinite at once', 3, calm, { ...calm, lossGenerator: Infinity }, varied, true, 'not-finite'],
    ['every sample is the same', 1000, calm, calm, same, false, 'mode-collapse'],
    ['every sample of a digit is the same', 1000, calm, calm, sameByDigit, true, 'mode-collapse'],
    ['ten different samples without labels', 1000, calm, calm, sameByDigit, false, undefined],
    ['every sample is the same, but it has hardly begun', 200, calm, calm, same, false, undefined],
    ['D is sure of everything', 1000, { ...calm, accuracyReal: 1, accuracyFake: 1, lossGenerator: 12 }, calm, varied, true, 'discriminator-wins'],
    ['D is good, and G learns all the same', 1000, { ...calm, accuracyReal: 1, accuracyFake: 1, lossGenerator: 4 }, calm, varied, true, undefined],
    ['D is sure, for a moment', 1000, calm, { ...calm, accuracyReal: 1, accuracyFake: 1, lossGenerator: 30 }, varied, true, undefined],
  ])('when %s', (_what, steps, result, last, pixels, conditional, kind) => {
    const settings = { ...presets.digits, conditional }
    const alarm = findAlarm(settings, curvesOf(steps, result, last), { step: steps - (steps % 10), pixels }, realSpread)
    expect(alarm?.kind).toBe(kind)
  })

  it.each(Object.entries(presets))('has a remedy that a running run of the preset %s can take', (_name, settings) => {
    const alarm = findAlarm(settings, curvesOf(5, calm, { ...calm, lossFake: Number.NaN }), undefined, realSpread)
    const mended = changeSettings(settings, alarm?.remedy)
    expect(mended.generatorLearningRate).toBeLessThan(settings.generatorLearningRate)
    expect(mended.r1Gamma).toBeGreaterThan(0)
  })
})

describe('spread', () => {
  it('is the deviation of a pixel over the pictures', () => {
    const two = new Uint8Array(2 * 784)
    two.fill(100, 784)
    expect(spread(two, false)).toBeCloseTo(50, 10)
    expect(spread(same, false)).toBe(0)
    expect(spread(sameByDigit, true)).toBe(0)
  })
})
