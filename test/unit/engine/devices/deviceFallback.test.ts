import { beforeEach, describe, expect, it } from 'vitest'
import { CancelledError } from '../../../../src/base/cancellation'
import { InklingError } from '../../../../src/base/errors'
import { InProcessEngine } from '../../../../src/engine/operations'
import type { GeneratedPiece, ModelSpec } from '../../../../src/engine/protocol'
import { ManualClock } from '../../../support/manualClock'
import { fakeModel, type FakeModel } from './fakeModel'

const spec = (device: ModelSpec['device']): ModelSpec => ({ folder: '/m', precision: 'fp32', device, threads: 0, cacheFolder: undefined })
const limits = { models: 2, sessions: 4, idleMs: 60_000 }

describe('a device that fails while it works', () => {
  /** What the device does at its nth step. */
  let atStep: (step: number) => void
  let opened: FakeModel[]
  let warnings: InklingError[]
  let engine: InProcessEngine
  let pieces: GeneratedPiece[]

  const generate = (device: ModelSpec['device'], signal = new AbortController().signal) =>
    engine.handlers.generate(
      { model: spec(device), prompt: 'It rained all day', maxNewTokens: 8, sequences: 1, sampling: { kind: 'greedy', repetitionPenalty: 1 }, stop: [] },
      { signal, partial: (piece) => pieces.push(piece) },
    ).then(({ sequences }) => sequences[0]?.tokens)
  const load = async (device: ModelSpec['device']): Promise<unknown> => (await engine.handlers.load({ model: spec(device) }, { signal: new AbortController().signal, partial: () => {} })).description

  beforeEach(() => {
    opened = []
    warnings = []
    pieces = []
    atStep = () => {}
    engine = new InProcessEngine({ onStatus: () => {}, onWarning: (warning) => warnings.push(warning) }, limits, new ManualClock(), async ({ device }) => {
      const model = fakeModel(device, device === 'cpu' ? undefined : (_, step) => atStep(step))
      opened.push(model)
      return model
    })
  })

  it('gives way to the processor, which does the work from its beginning', async () => {
    const expected = await generate('cpu')
    atStep = () => { throw new Error('out of memory') }
    pieces = []
    expect(await generate('webgpu')).toEqual(expected)
    expect(warnings).toMatchObject([{ code: 'device-failed', facts: { device: 'webgpu', reason: 'the log says how' }, cause: { message: 'out of memory' } }])
    expect(opened.map(({ description, disposed }) => [description.device, disposed])).toEqual([['cpu', true], ['webgpu', true], ['cpu', false]])
  })

  it('stays out of use, and is told once', async () => {
    atStep = () => { throw new Error('the device was lost') }
    await Promise.all([generate('webgpu'), generate('webgpu')])
    atStep = () => {}
    await generate('webgpu')
    expect(await load('webgpu')).toMatchObject({ device: 'cpu' })
    expect(warnings).toHaveLength(1)
  })

  it('fails the work of which something was shown, and the next runs on the processor', async () => {
    atStep = (step) => { if (step === 4) throw new Error('out of memory') }
    await expect(generate('webgpu')).rejects.toMatchObject({ code: 'device-failed' })
    expect(pieces.length).toBeGreaterThan(0)
    expect(await load('webgpu')).toMatchObject({ device: 'cpu' })
  })

  it.each<[string, () => Error, string]>([
    ['numbers that are none', () => InklingError.of('numbers-not-finite', {}), 'cpu'],
    ['a text that is too long, which it would be anywhere', () => InklingError.of('context-full', { length: 64 }), 'webgpu'],
    ['somebody who no longer wants it', () => new CancelledError(), 'webgpu'],
  ])('is judged by what it failed of: after %s the model runs on', async (_, error, device) => {
    atStep = () => { throw error() }
    await generate('webgpu').catch(() => undefined)
    atStep = () => {}
    expect(await load('webgpu')).toMatchObject({ device })
  })

  it('is nobody’s concern on the processor', async () => {
    engine = new InProcessEngine({ onStatus: () => {}, onWarning: (warning) => warnings.push(warning) }, limits, new ManualClock(), async () => fakeModel('cpu', () => { throw new Error('out of memory') }))
    await expect(generate('cpu')).rejects.toThrow('out of memory')
    expect(warnings).toEqual([])
  })
})
