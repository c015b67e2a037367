import { describe, expect, it } from 'vitest'
import { InklingError } from '../../../src/base/errors'
import type { EngineFactory, GanEngine } from '../../../src/gan/ganEngine'
import { OpenRun } from '../../../src/gan/openRun'
import type { TrainerNews } from '../../../src/gan/protocol/trainerProtocol'
import { GanTrainer } from '../../../src/gan/trainer'
import { tinyData, tinySettings } from '../../support/tinyRun'

const even = { lossReal: 0.7, lossFake: 0.7, lossGenerator: 0.7, accuracyReal: 0.5, accuracyFake: 0.5 }

/** Learns nothing, and fails at its third step. */
function failing(error: Error): EngineFactory {
  return (_description, state) => {
    let steps = 0
    const engine: GanEngine = {
      backend: 'webgpu',
      step: () => (++steps < 3 ? Promise.resolve(even) : Promise.reject(error)),
      sample: ({ latents }) => Promise.resolve(new Float32Array((latents.length / tinySettings.latentSize) * 784)),
      read: () => Promise.resolve(state),
      write: () => Promise.resolve(),
      dispose: () => {},
    }
    return Promise.resolve(engine)
  }
}

describe('A run whose backend fails', () => {
  it.each([
    ['a reason of its own', new Error('the processor is gone'), 'The training backend webgpu stopped at step 2: the processor is gone.'],
    ['an error of the catalogue', InklingError.of('disk-full', { file: 'x' }), 'No space is left to write x.'],
  ])('ends, and tells %s', async (_what, error, message) => {
    const trainer = await GanTrainer.create(tinySettings, tinyData(), failing(error))
    const lost = await new Promise<TrainerNews>((resolve) => {
      const say = (news: TrainerNews): void => (news.type === 'lost' ? resolve(news) : undefined)
      new OpenRun(trainer, { now: () => 0, breathe: () => Promise.resolve(), memoryBytes: () => 0, say, exclusive: (action) => action(), scorer: undefined, realSpread: 1 }).run()
    })
    expect(lost).toMatchObject({ step: 2 })
    expect(lost.type === 'lost' && InklingError.fromWire(lost.error).message).toBe(message)
  })
})
