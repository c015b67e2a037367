import { describe, expect, it } from 'vitest'
import { CancelledError } from '../../../../src/base/cancellation'
import { InklingError } from '../../../../src/base/errors'
import { openOnDevice } from '../../../../src/engine/devices/openOnDevice'
import { distance, selfCheck } from '../../../../src/engine/devices/selfCheck'
import type { ModelSpec } from '../../../../src/engine/protocol'
import type { LanguageModel } from '../../../../src/language/languageModel'
import { fakeModel, type FakeModel } from './fakeModel'

const spec = (device: ModelSpec['device']): ModelSpec => ({ folder: '/m', precision: 'fp32', device, threads: 0, cacheFolder: undefined })
const noise = (share: number) => (logits: Float32Array) => logits.map((value, i) => value * (1 + (i % 2 === 0 ? share : -share)))

describe('the distance of two answers', () => {
  it.each([
    ['nothing for the same', [1, 2, 3], [1, 2, 3], 0],
    ['nothing for a constant, which the softmax does not see', [1, 2, 3], [11, 12, 13], 0],
    ['one for all zeros', [0, 0, 0], [1, 2, 3], 1],
    ['two for the opposite', [3, 2, 1], [1, 2, 3], 2],
    ['no number where one of them has none', [NaN, 2, 3], [1, 2, 3], NaN],
    ['no number for other lengths', [1, 2], [1, 2, 3], NaN],
  ])('is %s', (_, actual, expected, result) => {
    const found = distance(Float32Array.from(actual), Float32Array.from(expected))
    if (Number.isNaN(result)) expect(found).toBeNaN()
    else expect(found).toBeCloseTo(result, 6)
  })
})

describe('the self-check', () => {
  it.each<[string, boolean, Parameters<typeof fakeModel>[1], LanguageModel['description']['precision']]>([
    ['the same numbers', true, undefined, 'fp32'],
    ['numbers rounded otherwise', true, noise(1e-3), 'fp32'],
    ['half precision where single was asked for, and far off', false, noise(0.05), 'fp32'],
    ['numbers off by what 8-bit activations are off', true, noise(0.05), 'int8'],
    ['numbers that have nothing to do with the right ones', false, (logits) => logits.reverse(), 'int4'],
    ['no numbers', false, (logits) => logits.fill(NaN), 'int8'],
    ['right numbers for a prompt, and wrong ones behind it', false, (logits, step) => (step === 1 ? logits.fill(0) : undefined), 'fp32'],
    ['wrong numbers after taking tokens back', false, (logits, step) => (step === 3 ? logits.reverse() : undefined), 'int8'],
  ])('of a device with %s says %s', async (_, passed, spoil, precision) => {
    expect((await selfCheck(fakeModel('webgpu', spoil, precision), fakeModel('cpu', undefined, precision))).passed).toBe(passed)
  })
})

describe('opening a model on a device', () => {
  /** Opens with these models, and tells what came of it. */
  async function outcome(device: ModelSpec['device'], onDevice: (() => Promise<FakeModel>) | undefined): Promise<{ ranOn: string; opened: readonly string[]; left: readonly boolean[]; warnings: readonly string[] }> {
    const opened: FakeModel[] = []
    const warnings: InklingError[] = []
    const open = openOnDevice(async (wanted) => {
      const model = wanted.device === 'cpu' || onDevice === undefined ? fakeModel('cpu') : await onDevice()
      opened.push(model)
      return model
    })
    const model = await open(spec(device), { onFraction: () => {}, onWarning: (warning) => warnings.push(warning) })
    return { ranOn: model.description.device, opened: opened.map(({ description }) => description.device), left: opened.map(({ disposed }) => !disposed), warnings: warnings.map(({ code }) => code) }
  }

  it.each<[string, ModelSpec['device'], (() => Promise<FakeModel>) | undefined, Awaited<ReturnType<typeof outcome>>]>([
    ['needs no check on the processor', 'cpu', undefined, { ranOn: 'cpu', opened: ['cpu'], left: [true], warnings: [] }],
    ['is opening it on the processor while nothing is measured', 'auto', undefined, { ranOn: 'cpu', opened: ['cpu'], left: [true], warnings: [] }],
    ['keeps a device that is right', 'webgpu', async () => fakeModel('webgpu'), { ranOn: 'webgpu', opened: ['webgpu', 'cpu'], left: [true, false], warnings: [] }],
    ['leaves one that gives other numbers', 'webgpu', async () => fakeModel('webgpu', (logits) => logits.reverse()), { ranOn: 'cpu', opened: ['webgpu', 'cpu'], left: [false, true], warnings: ['device-wrong'] }],
    ['leaves one that fails in its first words', 'webgpu', async () => fakeModel('webgpu', () => { throw new Error('out of memory') }), { ranOn: 'cpu', opened: ['webgpu', 'cpu'], left: [false, true], warnings: ['device-unavailable'] }],
    ['leaves one that has no room for the model', 'cuda', () => Promise.reject(new Error('out of memory')), { ranOn: 'cpu', opened: ['cpu'], left: [true], warnings: ['device-unavailable'] }],
    ['says so where the runtime has taken the processor', 'directml', async () => fakeModel('cpu'), { ranOn: 'cpu', opened: ['cpu'], left: [true], warnings: ['device-unavailable'] }],
  ])('%s', async (_, device, onDevice, expected) => {
    expect(await outcome(device, onDevice)).toEqual(expected)
  })

  it('fails where the processor cannot open it either', async () => {
    const open = openOnDevice(() => Promise.reject(InklingError.of('model-unsupported', { reason: 'broken' })))
    await expect(open(spec('webgpu'), { onFraction: () => {}, onWarning: () => {} })).rejects.toMatchObject({ code: 'model-unsupported' })
  })

  it('stops when it is no longer wanted', async () => {
    const open = openOnDevice(() => Promise.reject(new CancelledError()))
    await expect(open(spec('webgpu'), { onFraction: () => {}, onWarning: () => {} })).rejects.toBeInstanceOf(CancelledError)
  })
})
