import { describe, expect, it } from 'vitest'
import { nativeEngineFactory } from '../../../src/engine/gan/nativeEngine'
import { decodeCheckpoint, encodeCheckpoint } from '../../../src/gan/checkpoint'
import type { EngineFactory } from '../../../src/gan/ganEngine'
import { drawSamples, showcase } from '../../../src/gan/sampling'
import { GanTrainer } from '../../../src/gan/trainer'
import { cpuEngineFactory } from '../../../src/gan-tfjs/cpuBackend'
import { kernelBytes, tfjsNodeFactory, wasmFactory } from '../../support/ganEngines'
import { tinyData, tinySettings } from '../../support/tinyRun'

const engines: [string, () => Promise<EngineFactory>][] = [
  ['wasm', wasmFactory],
  ['cpu', () => Promise.resolve(cpuEngineFactory)],
  ['native', () => Promise.resolve(nativeEngineFactory(kernelBytes, 2))],
]
const tfjsNode = await tfjsNodeFactory()
if (tfjsNode) engines.push(['tfjs-node', () => Promise.resolve(tfjsNode)])

async function bytesAfter(trainer: GanTrainer, steps: number): Promise<Uint8Array> {
  for (let i = 0; i < steps; i++) await trainer.advance()
  const bytes = encodeCheckpoint(await trainer.snapshot())
  trainer.dispose()
  return bytes
}

describe.each(engines)('a run on %s', (_name, factory) => {
  it('that is stopped, written, read and continued is the same, bit for bit, as one that is not', async () => {
    const data = tinyData()
    const makeEngine = await factory()
    const straight = await bytesAfter(await GanTrainer.create(tinySettings, data, makeEngine), 24)
    const half = await bytesAfter(await GanTrainer.create(tinySettings, data, makeEngine), 11)
    const whole = await bytesAfter(await GanTrainer.resume(decodeCheckpoint(half), data, makeEngine), 13)
    expect(Buffer.compare(whole, straight)).toBe(0)
  })

  it('draws its averaged weights, its raw ones and labels as they are asked for', async () => {
    const trainer = await GanTrainer.create(tinySettings, tinyData(), await factory())
    for (let i = 0; i < 5; i++) await trainer.advance()
    const request = drawSamples(tinySettings, 1, 10)
    const average = await trainer.draw(request)
    const raw = await trainer.draw({ ...request, weights: 'raw' })
    const others = await trainer.draw({ ...request, labels: new Uint8Array(10).fill(3) })
    expect([average.length, raw.length, others.length]).toEqual([7840, 7840, 7840])
    expect(Buffer.compare(average, raw)).not.toBe(0)
    expect(Buffer.compare(average, others)).not.toBe(0)
    expect(Buffer.compare(average, await trainer.draw(request))).toBe(0)
    trainer.dispose()
  })

  it('takes a changed learning rate with the next step', async () => {
    const makeEngine = await factory()
    const results = []
    for (const rate of [5e-4, 1e-2]) {
      const trainer = await GanTrainer.create(tinySettings, tinyData(), makeEngine)
      await trainer.advance()
      trainer.change({ generatorLearningRate: rate, discriminatorSteps: 1 })
      await trainer.advance()
      results.push((await trainer.snapshot()).engine.generator.weights)
      expect(() => trainer.change({ batchSize: 7 })).toThrow('batchSize cannot change')
      trainer.dispose()
    }
    expect(results[0]).not.toEqual(results[1])
  })
})

describe('a run', () => {
  it('remembers frames of the same latents from step 0 on', async () => {
    const trainer = await GanTrainer.create(tinySettings, tinyData(), cpuEngineFactory)
    const untrained = await trainer.draw(showcase(tinySettings))
    for (let i = 0; i < 20; i++) await trainer.advance()
    expect(trainer.frames.all.map(({ step }) => step)).toEqual([0, 10, 20])
    expect(trainer.frames.all[0]?.pixels).toEqual(untrained)
    expect(trainer.curves.length).toBe(20)
    trainer.dispose()
  })

  it('is not continued on other pictures, nor taught digits by pictures without labels', async () => {
    const data = tinyData()
    const trainer = await GanTrainer.create(tinySettings, data, cpuEngineFactory)
    const snapshot = await trainer.snapshot()
    trainer.dispose()
    const other = { ...data, pixels: data.pixels.map((grey, i) => (i === 5 ? grey ^ 1 : grey)) }
    await expect(GanTrainer.resume(snapshot, other, cpuEngineFactory)).rejects.toMatchObject({ code: 'gan-checkpoint-other' })
    await expect(GanTrainer.create(tinySettings, { ...data, labels: undefined }, cpuEngineFactory)).rejects.toMatchObject({ code: 'gan-dataset-unlabelled' })
  })
})
