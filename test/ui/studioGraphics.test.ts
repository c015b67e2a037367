import { readdirSync, readFileSync, statSync } from 'node:fs'
import * as path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { decodeCheckpoint, type Checkpoint } from '../../src/gan/checkpoint'
import { StudioPanel } from '../support/studioPanel'
import { useEditor } from '../support/useEditor'

/** Training takes as long as the machine needs; nothing here depends on how long that is. */
const training = 180_000

/** Networks that a software renderer trains in no time. */
const small = { batchSize: '8', generatorWidths: '16', discriminatorWidths: '16', latentSize: '8' } as const

/** Chromium's own renderer in software takes the place of a graphics processor, so that every machine has WebGPU. */
const softwareWebGpu = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader']
/** After a crash or two the browser would give no page any more of it. */
const afterCrashes = ['--disable-gpu-process-crash-limit', '--disable-domain-blocking-for-3d-apis']

describe('The Studio on a graphics processor', () => {
  const editor = useEditor({ files: { 'notes.md': '# Notes\n' }, browserArguments: [...softwareWebGpu, ...afterCrashes] })
  const panel = (): StudioPanel => new StudioPanel(editor().page)

  /** The newest run's checkpoint on disk. */
  const newestCheckpoint = (): Checkpoint => {
    const runs = path.join(editor().storage, 'studio/runs')
    const files = readdirSync(runs).map((run) => path.join(runs, run, 'checkpoint.inkgan'))
    const [newest = ''] = files.filter((file) => statSync(file, { throwIfNoEntry: false })).sort((a, b) => statSync(path.dirname(b)).birthtimeMs - statSync(path.dirname(a)).birthtimeMs)
    return decodeCheckpoint(readFileSync(newest))
  }

  beforeAll(async () => {
    await editor().workbench.openFile('notes.md')
    await editor().workbench.runCommand('Inkling: Open Studio')
    await panel().ready()
  }, training)

  it.each([['webgl', 6], ['webgpu', 7]] as const)('goes on exactly where it stopped on %s, at step %i', async (backend, half) => {
    const all = 2 * half
    await panel().goTo('Settings')
    await panel().find('#backend').selectOption(backend)
    await panel().fill({ ...small, steps: `${all}` })
    await panel().find('#train-new').click()
    await expect.poll(() => panel().savedStep(), { timeout: training }).toBe(all)
    const straight = newestCheckpoint()
    expect(straight.backend).toBe(backend)

    await panel().fill({ ...small, steps: `${half}` })
    await panel().find('#train-new').click()
    await expect.poll(() => panel().savedStep(), { timeout: training }).toBe(half)
    await panel().find('[aria-label^="Stop:"]').click()
    await panel().goTo('Runs')
    await panel().find('.run').first().locator('vscode-button', { hasText: 'Open' }).click()
    await panel().find('#further').waitFor({ timeout: 60_000 })
    await panel().goTo('Settings')
    await panel().find('#live-steps').fill(`${all}`)
    await panel().find('#apply-settings').click()
    await panel().find('#train').click()
    await expect.poll(() => panel().savedStep(), { timeout: training }).toBe(all)
    const resumed = newestCheckpoint()
    expect(resumed.random).toEqual(straight.random)
    expect(resumed.engine).toEqual(straight.engine)
  }, training)

  it.each(['webgl', 'webgpu'])('keeps the run when the browser takes the graphics processor away from %s, and goes on', async (backend) => {
    await panel().goTo('Settings')
    await panel().find('#backend').selectOption(backend)
    await panel().fill({ ...small, steps: '200000' })
    await panel().find('#train-new').click()
    await panel().find('#pause').click({ timeout: training })
    await panel().find('#train').waitFor({ timeout: 60_000 })
    const saved = await panel().step()
    await expect.poll(() => panel().savedStep(), { timeout: 60_000 }).toBe(saved)
    await panel().find('#train').click()
    await expect.poll(() => panel().step(), { timeout: 60_000 }).toBeGreaterThan(saved)
    await editor().crashGraphics()
    await panel().find('.message.error', { hasText: /stopped at step \d+: the browser took the graphics processor away\. Resume/ }).waitFor({ timeout: 60_000 })
    await expect.poll(() => panel().distinctColors('.welcome canvas'), { timeout: 60_000 }).toBeGreaterThan(16)
    await panel().find('#open-again').click()
    await panel().find('#train').waitFor({ timeout: 60_000 })
    expect(await panel().step()).toBeGreaterThanOrEqual(saved)
    const reopened = await panel().step()
    await panel().find('#step-once').click()
    await expect.poll(() => panel().step(), { timeout: 60_000 }).toBe(reopened + 1)
  }, training)
})
