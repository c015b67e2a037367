import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { presets } from '../../../src/gan/settings'
import { RunStore } from '../../../src/host/studio/runStore'

describe('The store of training runs', () => {
  let root: string
  let store: RunStore
  let made = 0

  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'inkling-runs-'))
    store = new RunStore(root, { now: () => Date.UTC(2026, 0, 2, 3, 4, 5) + made * 1000, unique: () => `u${made++}` })
  })
  afterEach(() => rmSync(root, { recursive: true, force: true }))

  const save = (step: number, good: boolean) => ({ step, good, backend: 'wasm' as const, settings: { ...presets.stable, steps: 9000 }, checkpoint: Uint8Array.of(step) })

  it('lists runs, the newest first, and passes over what is no run', async () => {
    const first = await store.create('First', presets.digits)
    const second = await store.create('Second', presets.article)
    await mkdir(path.join(root, 'not-a-run'))
    await mkdir(path.join(root, 'Also Not One'))
    await mkdir(path.join(root, 'broken'))
    writeFileSync(path.join(root, 'broken/run.json'), '{"id": "broken"')
    expect((await store.list()).map(({ id }) => id)).toEqual([second.id, first.id])
  })

  it('is empty where nothing was ever stored', async () => {
    expect(await new RunStore(path.join(root, 'nowhere'), { now: () => 0, unique: () => 'x' }).list()).toEqual([])
  })

  it.each([
    ['  Two words ', 'Two words'],
    ['a\nb\u0000c', 'a b c'],
    ['x'.repeat(200), 'x'.repeat(80)],
  ])('keeps the name %j as %j', async (given, kept) => {
    const { id } = await store.create(given, presets.digits)
    expect((await store.read(id)).name).toBe(kept)
  })

  it.each([['', 'a name that says nothing keeps the old'], ['\n', 'so does a blank one']])('renames to %j: %s', async (name) => {
    const { id } = await store.create('Old', presets.digits)
    expect((await store.rename(id, name)).name).toBe('Old')
    expect((await store.rename(id, 'New')).name).toBe('New')
  })

  it.each(['..', '../other', 'a/b', '', '/etc', 'A'])('reaches nothing by the name %j', async (id) => {
    expect(() => store.folder(id)).toThrow('There is no training run')
    await expect(store.read(id)).rejects.toThrow('There is no training run')
    await expect(store.remove(id)).rejects.toThrow('There is no training run')
  })

  it('keeps the last good checkpoint beside a newer one that is not', async () => {
    const { id } = await store.create('Run', presets.stable)
    expect(await store.checkpoint(id, 'newest')).toBeUndefined()
    await store.saveCheckpoint(id, save(0, false))
    // A run that went wrong before its first good checkpoint has none: mending it begins anew.
    expect(await store.checkpoint(id, 'good')).toBeUndefined()
    await store.saveCheckpoint(id, save(1, true))
    await store.saveCheckpoint(id, save(2, true))
    await store.saveCheckpoint(id, save(3, false))
    expect(await store.checkpoint(id, 'newest')).toEqual(Uint8Array.of(3))
    expect(await store.checkpoint(id, 'good')).toEqual(Uint8Array.of(2))
    expect(await store.read(id)).toMatchObject({ step: 3, backend: 'wasm', settings: { steps: 9000 } })
  })

  it('leaves no unfinished file behind', async () => {
    const { id } = await store.create('Run', presets.stable)
    await Promise.all([store.saveCheckpoint(id, save(1, true)), store.saveCheckpoint(id, save(2, false)), store.rename(id, 'Renamed')])
    expect(readdirSync(store.folder(id)).sort()).toEqual(['checkpoint.inkgan', 'good.inkgan', 'run.json'])
    expect(readFileSync(path.join(store.folder(id), 'checkpoint.inkgan'))).toEqual(Buffer.of(2))
    expect((await store.read(id)).name).toBe('Renamed')
  })

  it('keeps the old checkpoint when a new one cannot be written', async () => {
    const { id } = await store.create('Run', presets.stable)
    await store.saveCheckpoint(id, save(1, false))
    // A folder stands where the file is to go: renaming onto it fails.
    await mkdir(path.join(store.folder(id), 'good.inkgan'))
    await expect(store.saveCheckpoint(id, save(2, true))).rejects.toThrow('cannot be written')
    expect(await store.checkpoint(id, 'newest')).toEqual(Uint8Array.of(1))
    expect((await store.read(id)).step).toBe(1)
  })

  it('refuses settings out of bounds', async () => {
    await expect(store.create('Run', { ...presets.stable, batchSize: 0 })).rejects.toThrow('batchSize is 0')
    expect(await store.list()).toEqual([])
  })

  it('removes a run with everything in it', async () => {
    const { id } = await store.create('Run', presets.stable)
    await store.saveData(id, Uint8Array.of(1, 2, 3))
    expect(await store.data(id)).toEqual(Uint8Array.of(1, 2, 3))
    await store.remove(id)
    expect(await store.list()).toEqual([])
    await expect(store.saveCheckpoint(id, save(1, true))).rejects.toThrow('There is no training run')
  })
})
