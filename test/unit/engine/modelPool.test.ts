import path from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { createEngine } from '../../../src/engine/operations'
import { ModelPool } from '../../../src/engine/modelPool'
import type { LoadStatus, ModelSpec } from '../../../src/engine/protocol'
import type { LanguageModel } from '../../../src/language/languageModel'
import { ManualClock } from '../../support/manualClock'

const minute = 60_000

/** A model that only knows whether it is still there. */
function fakeModel(spec: ModelSpec, disposed: string[]): LanguageModel {
  const description = { name: spec.folder, architecture: 'gpt2', parameters: 1, precision: spec.precision, device: 'cpu' }
  return { description, contextLength: 8, dispose: () => disposed.push(spec.folder) } as unknown as LanguageModel
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('the models in memory', () => {
  const clock = new ManualClock()
  let opened: string[]
  let disposed: string[]
  let statuses: LoadStatus['kind'][]
  let pool: ModelPool

  const spec = (folder: string, keepInMemoryMs?: number): ModelSpec => ({ folder, precision: 'int8', device: 'cpu', threads: 0, cacheFolder: undefined, keepInMemoryMs })
  const use = (folder: string, keepInMemoryMs?: number): Promise<string> => pool.use(spec(folder, keepInMemoryMs), async ({ model }) => model.description.name)

  beforeEach(() => {
    opened = []
    disposed = []
    statuses = []
    pool = new ModelPool(async (wanted) => (opened.push(wanted.folder), fakeModel(wanted, disposed)), clock, { models: 2, idleMs: 10 * minute }, ({ kind }) => statuses.push(kind), () => {})
  })

  it('are loaded once however many ask', async () => {
    await Promise.all([use('a'), use('a'), use('a')])
    expect(opened).toEqual(['a'])
  })

  it('make room by the least recently used', async () => {
    for (const name of ['a', 'b', 'a', 'c']) await use(name)
    await settled()
    expect(disposed).toEqual(['b'])
  })

  it.each([
    ['as long as the engine thinks best', undefined, 10],
    ['for a minute', 1, 1],
    ['for a day', 1440, 1440],
  ])('stay %s after the last use, and come back with the next', async (_, keepMinutes, leavesAfter) => {
    const keep = keepMinutes === undefined ? undefined : keepMinutes * minute
    await use('a', keep)
    clock.advance(leavesAfter * minute - 1)
    await settled()
    expect(disposed).toEqual([])
    await use('a', keep)
    clock.advance(leavesAfter * minute)
    await settled()
    expect(disposed).toEqual(['a'])
    expect(await use('a', keep)).toBe('a')
    expect(opened).toEqual(['a', 'a'])
  })

  it('stay while they work, however long that takes', async () => {
    let finish = (): void => {}
    const working = pool.use(spec('a', minute), () => new Promise<void>((resolve) => (finish = resolve)))
    await use('b', minute)
    clock.advance(5 * minute)
    await settled()
    expect(disposed).toEqual(['b'])
    finish()
    await working
    clock.advance(minute)
    await settled()
    expect(disposed).toEqual(['b', 'a'])
  })

  it('leave the device that they were on, once they are on another and nobody works with them there', async () => {
    let finish = (): void => {}
    const working = pool.use(spec('a'), () => new Promise<void>((resolve) => (finish = resolve)))
    await settled()
    expect(await pool.use({ ...spec('a'), device: 'webgpu' }, async ({ model }) => model.description.name)).toBe('a')
    await settled()
    expect(disposed).toEqual([])
    finish()
    await working
    await settled()
    expect(disposed).toEqual(['a'])
    expect(statuses.at(-1)).toBe('loaded')
  })

  it('are the same model whatever time they are to be kept', async () => {
    await use('a', minute)
    await use('a', 2 * minute)
    expect(opened).toEqual(['a'])
  })
})

describe('the engine after a while without a call', () => {
  it('has no model in memory, and answers the next keystroke all the same', async () => {
    const clock = new ManualClock()
    const statuses: LoadStatus['kind'][] = []
    const engine = createEngine({ onStatus: ({ kind }) => statuses.push(kind), onWarning: () => {} }, { clock })
    const model: ModelSpec = { folder: path.join(__dirname, '../../../media/model'), precision: 'int8', device: 'cpu', threads: 1, cacheFolder: undefined, keepInMemoryMs: minute }
    const keystroke = (): Promise<unknown> => engine.handlers.generate(
      { model, prompt: 'There was nothing to be', maxNewTokens: 4, sequences: 1, sampling: { kind: 'greedy', repetitionPenalty: 1 }, stop: [] },
      { signal: new AbortController().signal, partial: () => {} },
    ).then(({ sequences }) => sequences)

    const before = await keystroke()
    clock.advance(minute)
    await expect.poll(() => statuses.at(-1)).toBe('unloaded')
    expect(await keystroke()).toEqual(before)
    expect(statuses.filter((kind) => kind === 'loaded')).toHaveLength(2)
    engine.dispose()
  })
})
