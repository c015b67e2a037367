import { describe, expect, it } from 'vitest'
import type { GanEngine } from '../../../src/gan/ganEngine'
import { drawSamples } from '../../../src/gan/sampling'
import { presets } from '../../../src/gan/settings'
import { initialState } from '../../../src/gan/trainer'
import { LosableEngine, type Loss } from '../../../webview-ui/worker/losableEngine'

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

const stuck: GanEngine = { ...hollow, step: forever, sample: forever, read: forever, write: forever }

function forever(): Promise<never> {
  return new Promise(() => {})
}

/** A graphics processor to take away: at once, while the word of it comes later. */
function processor(): { readonly loss: Loss; readonly take: () => void; readonly tell: () => void } {
  let lost = false
  let tell = (): void => {}
  const happened = new Promise<void>((resolve) => (tell = resolve))
  return { loss: { isLost: () => lost, happened }, take: () => void (lost = true), tell: () => tell() }
}

const calls: [string, (engine: GanEngine) => Promise<unknown>][] = [
  ['a step', (engine) => engine.step(input, settings)],
  ['a drawing', (engine) => engine.sample(drawSamples(settings, 1, 1))],
  ['reading', (engine) => engine.read()],
  ['writing', (engine) => engine.write(state)],
]

describe('An engine on a graphics processor', () => {
  it.each(calls)('that was taken away refuses %s, though the backend gives an answer', async (_what, act) => {
    const { loss, take } = processor()
    const engine = new LosableEngine(hollow, loss)
    await expect(act(engine)).resolves.not.toThrow()
    take() // no word of it yet
    await expect(act(engine)).rejects.toThrow('took the graphics processor away')
  })

  it.each(calls)('that is taken away ends %s, though the backend waits for ever', async (_what, act) => {
    const { loss, take, tell } = processor()
    const engine = new LosableEngine(stuck, loss)
    const ended = expect(act(engine)).rejects.toThrow('took the graphics processor away')
    take()
    tell()
    await ended
    await expect(act(engine)).rejects.toThrow('took the graphics processor away')
  })

  it('that was taken away says so when the backend fails over it', async () => {
    const { loss, take } = processor()
    const read = (): Promise<never> => {
      take()
      return Promise.reject(new Error('framebuffer incomplete'))
    }
    const engine = new LosableEngine({ ...hollow, read }, loss)
    await expect(engine.read()).rejects.toThrow('took the graphics processor away')
  })

  it('that is there passes on what goes wrong otherwise', async () => {
    const engine = new LosableEngine({ ...hollow, read: () => Promise.reject(new Error('out of memory')) }, processor().loss)
    await expect(engine.read()).rejects.toThrow('out of memory')
  })
})
