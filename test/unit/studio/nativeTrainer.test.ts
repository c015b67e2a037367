import { build } from 'esbuild'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { forkChild, type Child } from '../../../src/engine/fork'
import { decodeCheckpoint } from '../../../src/gan/checkpoint'
import type { HostNews } from '../../../src/gan/protocol/hostProtocol'
import type { TrainerCall } from '../../../src/gan/protocol/trainerProtocol'
import { packDataset } from '../../../src/gan/dataset'
import type { TrainingSettings } from '../../../src/gan/settings'
import { NativeTrainer } from '../../../src/host/studio/nativeTrainer'
import { RunStore } from '../../../src/host/studio/runStore'
import { studioFile } from '../../support/digits'
import { tinyData, tinySettings } from '../../support/tinyRun'

const project = path.resolve(import.meta.dirname, '../../..')
/** Inside the project, so that it finds ONNX Runtime. */
const script = path.join(project, 'out/test/trainer.cjs')
const settings: TrainingSettings = { ...tinySettings, steps: 100_000 }

describe('The process that trains natively', () => {
  let folder: string
  let store: RunStore
  let trainer: NativeTrainer
  let child: Child<TrainerCall> | undefined
  let news: HostNews[]

  beforeAll(async () => {
    await studioFile('digits.bin.gz')
    await build({ entryPoints: [path.join(project, 'src/engine/gan/trainerChild.ts')], outfile: script, bundle: true, platform: 'node', format: 'cjs', external: ['onnxruntime-node', '@tensorflow/tfjs-node'], logLevel: 'error' })
  })
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'inkling-trainer-'))
    store = new RunStore(folder, { now: () => 0, unique: () => 'a' })
    news = []
    trainer = new NativeTrainer((listener) => (child = forkChild({ script, args: [path.join(project, 'dist/studio')] }, listener)), store, (one) => news.push(one), () => {})
  })
  afterEach(() => {
    trainer.dispose()
    rmSync(folder, { recursive: true, force: true })
  })

  const newRun = async (): Promise<string> => (await store.create('Run', settings)).id
  const stepOnDisk = async (runId: string): Promise<number> => decodeCheckpoint((await store.checkpoint(runId, 'newest')) ?? new Uint8Array()).step
  const stillAt = (): number | undefined => news.flatMap((one) => (one.type === 'trainer' && one.news.type === 'state' && one.news.state === 'paused' ? [one.news.step] : [])).at(-1)

  it('measures, trains on the shipped digits, pauses, and goes on exactly there after it was ended', async () => {
    const runId = await newRun()
    expect(await trainer.ask({ name: 'measure', ask: { backend: 'native', settings, steps: 2 } })).toMatchObject({ stepMs: expect.any(Number) as number })
    const { opened, pictures } = await trainer.open({ runId, which: 'newest', backend: 'native', change: {} })
    expect([opened.step, opened.backend, pictures]).toEqual([0, 'native', 'mnist'])
    await trainer.ask({ name: 'run', ask: {} })
    await vi.waitUntil(() => news.some((one) => one.type === 'trainer' && one.news.type === 'progress' && one.news.step > 20), { timeout: 60_000 })
    await trainer.ask({ name: 'pause', ask: {} })
    await trainer.ask({ name: 'close', ask: {} })
    const step = stillAt()
    expect(step).toBeGreaterThan(20)
    expect(await stepOnDisk(runId)).toBe(step)
    expect(news).toContainEqual({ type: 'saved', runId, step })
    // A checkpoint of thirty megabytes has no business in the page.
    expect(news.some((one) => one.type === 'trainer' && (one.news.type as string) === 'checkpoint')).toBe(false)
    await trainer.end()
    expect((await trainer.open({ runId, which: 'newest', backend: 'native', change: {} })).opened.step).toBe(step)
  })

  it('writes a last checkpoint when it is ended in mid-training', async () => {
    const runId = await newRun()
    await trainer.open({ runId, which: 'newest', backend: 'native', change: {} })
    await trainer.ask({ name: 'run', ask: {} })
    await vi.waitUntil(() => news.some((one) => one.type === 'trainer' && one.news.type === 'progress'), { timeout: 60_000 })
    await trainer.end()
    expect(await stepOnDisk(runId)).toBe(stillAt())
  })

  it('tells when it dies, refuses what waits, and starts anew on the next use', async () => {
    const runId = await newRun()
    await trainer.open({ runId, which: 'newest', backend: 'native', change: {} })
    const waiting = trainer.ask({ name: 'measure', ask: { backend: 'native', settings, steps: 100 } })
    child?.dispose()
    await expect(waiting).rejects.toMatchObject({ code: 'studio-worker-lost' })
    expect(news.at(-1)).toMatchObject({ type: 'trainerGone', error: { code: 'studio-worker-lost', facts: { reason: 'signal SIGKILL' } } })
    expect((await trainer.open({ runId, which: 'newest', backend: 'native', change: {} })).opened.step).toBe(0)
  })

  it('learns from the pictures that are kept with a run, and says when they cannot be saved', async () => {
    const runId = (await store.create('Run', { ...settings, conditional: false })).id
    await store.saveData(runId, packDataset({ ...tinyData(), labels: undefined }))
    expect(await trainer.open({ runId, which: 'newest', backend: 'native', change: {} })).toMatchObject({ pictures: 'own' })
    await store.remove(runId)
    await trainer.ask({ name: 'run', ask: {} })
    await trainer.ask({ name: 'pause', ask: {} })
    await vi.waitUntil(() => news.some((one) => one.type === 'savingFailed'), { timeout: 60_000 })
    expect(news.find((one) => one.type === 'savingFailed')).toMatchObject({ error: { code: 'gan-run-missing' } })
  })

  it.each(['tfjs-node'] as const)('says why %s cannot be used where it is not installed', async (backend) => {
    const answer = await trainer.ask({ name: 'measure', ask: { backend, settings, steps: 1 } }).catch((error: unknown) => error)
    // Where somebody has it, it trains.
    expect(answer).toSatisfy((one: { code?: string; stepMs?: number }) => one.code === 'gan-backend-unavailable' || (one.stepMs ?? 0) > 0)
  })
})
