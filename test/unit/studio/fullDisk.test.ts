import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type * as promises from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { InklingError } from '../../../src/base/errors'
import { writeAtomically } from '../../../src/engine/atomicFile'
import { RunFolder } from '../../../src/engine/gan/runFolder'
import { presets } from '../../../src/gan/settings'
import { GanTrainer } from '../../../src/gan/trainer'
import { RunStore } from '../../../src/host/studio/runStore'
import { tinyData, tinySettings } from '../../support/tinyRun'
import { wasmFactory } from '../../support/ganEngines'

/** The disk takes so many bytes more, then none. */
let spaceBytes = Number.POSITIVE_INFINITY
/** What the operating system calls it. */
let code = 'ENOSPC'
let links = true

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof promises>()
  const full = (): Error => Object.assign(new Error(`${code}: no space left on device, write`), { code })
  const take = (bytes: number): void => {
    if (bytes > spaceBytes) throw full()
    spaceBytes -= bytes
  }
  const open: typeof real.open = async (...args) => {
    const handle = await real.open(...args)
    const writeFile = handle.writeFile.bind(handle)
    handle.writeFile = async (content) => {
      const bytes = Buffer.from(content as Uint8Array)
      // What fits is written: a full disk leaves half a file.
      if (bytes.length > spaceBytes) await writeFile(bytes.subarray(0, spaceBytes))
      take(bytes.length)
      await writeFile(bytes)
    }
    return handle
  }
  const link: typeof real.link = (...args) => (links ? real.link(...args) : Promise.reject(Object.assign(new Error('no links'), { code: 'EPERM' })))
  const copyFile: typeof real.copyFile = async (from, to, mode) => {
    take((await real.stat(from)).size)
    await real.copyFile(from, to, mode)
  }
  return { ...real, open, link, copyFile }
})

describe('On a full disk', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'inkling-full-'))
    spaceBytes = Number.POSITIVE_INFINITY
    code = 'ENOSPC'
    links = true
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const failure = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => undefined, (error: unknown) => error)

  it.each(['ENOSPC', 'EDQUOT'])('the old file stays whole, the half-written one goes, and the message says it (%s)', async (name) => {
    const file = path.join(folder, 'checkpoint.inkgan')
    writeFileSync(file, 'old and whole')
    code = name
    spaceBytes = 3
    const error = await failure(writeAtomically(file, 'new and longer'))
    expect(error).toBeInstanceOf(InklingError)
    expect(error).toMatchObject({ code: 'disk-full', message: `No space is left to write ${file}.` })
    expect(readFileSync(file, 'utf8')).toBe('old and whole')
    expect(readdirSync(folder)).toEqual(['checkpoint.inkgan'])
  })

  it('another failure is not taken for it', async () => {
    code = 'EIO'
    spaceBytes = 0
    const file = path.join(folder, 'x')
    expect(await failure(writeAtomically(file, 'x'))).toMatchObject({ code: 'file-unwritable', message: `The file ${file} cannot be written: EIO.` })
  })

  it.each([
    ['the checkpoint', 10, true],
    ['its second name, where a file cannot have two', 100, false],
    ['the summary', 100, true],
  ])('a run of the Studio keeps its checkpoint when there is no room for %s', async (_what, room, linked) => {
    const store = new RunStore(folder, { now: () => 0, unique: () => 'u' })
    const { id } = await store.create('Run', presets.stable)
    const save = (step: number): Promise<unknown> => store.saveCheckpoint(id, { step, good: true, backend: 'wasm', settings: presets.stable, checkpoint: new Uint8Array(100).fill(step) })
    await save(1)
    links = linked
    spaceBytes = room
    expect(await failure(save(2))).toMatchObject({ code: 'disk-full' })
    spaceBytes = Number.POSITIVE_INFINITY
    const newest = await store.checkpoint(id, 'newest')
    // Whole, whichever of the two it is.
    expect([1, 2].some((step) => newest?.length === 100 && newest.every((byte) => byte === step))).toBe(true)
    expect((await store.read(id)).step).toBe(1)
    expect(readdirSync(store.folder(id)).sort()).toEqual(['checkpoint.inkgan', 'good.inkgan', 'run.json'])
    await save(3)
    expect(await store.checkpoint(id, 'newest')).toEqual(new Uint8Array(100).fill(3))
  })

  it('a run of the command line goes on from its checkpoint', async () => {
    const run = new RunFolder(path.join(folder, 'run'))
    const trainer = await GanTrainer.create(tinySettings, tinyData(), await wasmFactory())
    await run.save(await trainer.snapshot())
    await trainer.advance()
    spaceBytes = 1000
    expect(await failure(run.save(await trainer.snapshot()))).toMatchObject({ code: 'disk-full' })
    trainer.dispose()
    expect((await run.load()).step).toBe(0)
  })
})
