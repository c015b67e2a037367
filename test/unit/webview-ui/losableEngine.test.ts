import { describe, expect, it } from 'vitest'
import type { GanEngine } from '../../../src/gan/ganEngine'
import { drawSamples } from '../../../src/gan/sampling'
import { presets } from '../../../src/gan/settings'
import { initialState } from '../../../src/gan/trainer'
import { LosableEngine } from '../../../webview-ui/worker/losableEngine'

const settings = { ...presets.stable, latentSize: 2, generatorWidths: [2], discriminatorWidths: [2], batchSize: 1 }
const state = initialState(settings)
const nothing = { lossReal: 0, lossFake: 0, lossGenerator: 0, accuracyReal: 0, accuracyFake: 0 }
/** Computes nothing and never fails, as a backend whose processor is gone. */
const hollow: GanEngine = {
  backend: 'webgl',
  step: () => Promise.resolve(nothing),
  sample: () => Promise.resolve(new Float32Array(784)),
  read: () => Promise.resolve(state),
  write: () => Promise.resolve(),
  dispose: () => {},
}
const input = { step: 1, real: new Float32Array(784), realLabels: undefined, latents: new Float32Array(4), fakeLabels: undefined }

describe('An engine on a graphics processor', () => {
  it.each<[string, (engine: GanEngine) => Promise<unknown>]>([
    ['a step', (engine) => engine.step(input, settings)],
    ['a drawing', (engine) => engine.sample(drawSamples(settings, 1, 1))],
    ['reading', (engine) => engine.read()],
    ['writing', (engine) => engine.write(state)],
  ])('that was taken away refuses %s, though the backend gives an answer', async (_what, act) => {
    let lost = false
    const engine = new LosableEngine(hollow, () => lost)
    await expect(act(engine)).resolves.not.toThrow()
    lost = true
    await expect(act(engine)).rejects.toThrow('took the graphics processor away')
  })

  it('that is there passes on what goes wrong otherwise', async () => {
    const engine = new LosableEngine({ ...hollow, read: () => Promise.reject(new Error('out of memory')) }, () => false)
    await expect(engine.read()).rejects.toThrow('out of memory')
  })
})
