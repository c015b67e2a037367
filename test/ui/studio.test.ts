import { encode } from 'fast-png'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, it } from 'vitest'
import { StudioPanel } from '../support/studioPanel'
import { useEditor } from '../support/useEditor'
import { vastPng } from '../support/vastPng'

/** Training takes as long as the machine needs; nothing here depends on how long that is. */
const training = 600_000

/** Ends the native trainer of the editor that lives in `home`, as a machine out of memory would. */
function killTrainer(home: string): void {
  const trainers = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n').filter((line) => line.includes(home) && line.includes('dist/trainer.js'))
  expect(trainers).toHaveLength(1)
  process.kill(Number.parseInt(trainers[0] ?? '', 10), 'SIGKILL')
}

describe('The Studio', () => {
  const editor = useEditor({ files: { 'notes.md': '# Notes\n\nThe digits:\n' } })
  const panel = (): StudioPanel => new StudioPanel(editor().page)
  /** Where a file of the opened folder lies; the window's address names the folder. */
  const pathOf = (name: string): string => path.join(new URL(editor().page.url()).searchParams.get('folder') ?? '', name)

  const chooseFolder = async (folder: string): Promise<void> => {
    const { quickInput } = editor().workbench
    await panel().goTo('Settings')
    await panel().find('#own-images').click()
    await quickInput.choose('A folder of pictures…')
    await expect.poll(() => quickInput.input.inputValue(), { timeout: 30_000 }).toContain('/')
    // The dialog goes on writing where it stands for a moment, into what was typed.
    await expect.poll(async () => {
      await quickInput.filter(`${folder}/`)
      return quickInput.rows()
    }, { interval: 500, timeout: 30_000 }).toEqual(['..'])
    await quickInput.box.getByText('Use These').click()
  }

  it('opens with real digits to look at', async () => {
    const { workbench } = editor()
    await workbench.openFile('notes.md')
    await workbench.runCommand('Inkling: Open Studio')
    await panel().ready()
    await panel().find('#train-digits').waitFor()
    await expect.poll(() => panel().distinctColors('.welcome canvas'), { timeout: 30_000 }).toBeGreaterThan(16)
    await editor().picture('studio-welcome')
  })

  it('refuses settings that cannot be, and says what they may be', async () => {
    await panel().goTo('Settings')
    await panel().find('details summary').click()
    for (const [field, value, says] of [
      ['batchSize', '0', 'from 1 to 1024'],
      ['generatorLearningRate', '1e9', 'above 0'],
      ['generatorWidths', '256, -1', 'whole numbers'],
    ] as const) {
      const before = await panel().find(`#new-${field}`).inputValue()
      await panel().find(`#new-${field}`).fill(value)
      await expect.poll(() => panel().find(`#new-${field}-hint`).textContent()).toContain(says)
      expect(await panel().find('#train-new').getAttribute('disabled')).not.toBeNull()
      expect(await panel().find('.problem[role=alert]').first().textContent()).toMatch(new RegExp(`^(Batch size|Generator’s (learning rate|layers)): .*${says}`))
      await panel().find(`#new-${field}`).fill(before)
    }
  })

  it('measures every backend at first use, shows what it found, and trains on the fastest', async () => {
    await panel().find('#new-batchSize').fill('32')
    await panel().find('#new-steps').fill('50000')
    await panel().find('#train-new').click()
    await panel().find('.message.busy li.measuring').first().waitFor()
    await panel().find('#pause').waitFor({ timeout: 120_000 })
    const found = await panel().find('#panel-settings ul.measuring li').allTextContents()
    expect(found).toHaveLength(6)
    const [, fastest = 'none'] = /^([A-Za-z ]+)[\d.]+ ms a step$/.exec(found[0] ?? '') ?? []
    expect(await panel().find('.facts').textContent()).toContain(fastest)
    expect(found.join()).toMatch(/ONNX Runtime[\d.]+ ms/)
    await panel().find('[aria-label^="Stop:"]').click()
    await panel().find('#train-digits').waitFor({ timeout: 60_000 })
  }, training)

  it('trains in a process of its own, and loses nothing but the steps since the last checkpoint when that is killed', async () => {
    await panel().goTo('Settings')
    await panel().find('#backend').selectOption('native')
    await panel().find('#train-new').click()
    await expect.poll(() => panel().step(), { timeout: training, interval: 200 }).toBeGreaterThan(20)
    await panel().find('#pause').click()
    await panel().find('#train').waitFor({ timeout: 60_000 })
    const saved = await panel().step()
    await expect.poll(() => panel().savedStep(), { timeout: 60_000 }).toBe(saved)
    await panel().find('#train').click()
    await expect.poll(() => panel().step(), { timeout: training }).toBeGreaterThan(saved + 5)
    killTrainer(editor().scratch)
    await panel().find('.message.error', { hasText: 'The trainer stopped: signal SIGKILL' }).waitFor({ timeout: 60_000 })
    await panel().find('#open-again').click()
    await panel().find('#train').waitFor({ timeout: 60_000 })
    expect(await panel().step()).toBe(saved)
    await panel().find('#step-once').click()
    await expect.poll(() => panel().step(), { timeout: 60_000 }).toBe(saved + 1)
  }, training)

  it('trains 300 steps on wasm in a worker, and pauses', async () => {
    await panel().goTo('Settings')
    await panel().find('#backend').selectOption('wasm')
    await panel().find('#new-steps').fill('2000')
    await panel().find('#train-new').click()
    await expect.poll(() => panel().step(), { timeout: training, interval: 500 }).toBeGreaterThanOrEqual(300)
    await editor().workbench.notifications.waitFor('Training “')
    await editor().picture('studio-training')
    await panel().find('#pause').click()
    await panel().find('#train').waitFor({ timeout: 60_000 })
    expect(await panel().distinctColors('.samples canvas.pictures')).toBeGreaterThan(16)
  }, training)

  it('comes back after a reload with the run where it was, and trains on', async () => {
    const paused = await panel().step()
    await expect.poll(() => panel().savedStep(), { timeout: 60_000 }).toBe(paused)
    await editor().page.reload()
    await editor().workbench.ready()
    await panel().ready()
    await panel().find('#train').waitFor({ timeout: 120_000 })
    expect(await panel().step()).toBe(paused)
    await panel().find('#step-once').click()
    await expect.poll(() => panel().step(), { timeout: 60_000 }).toBe(paused + 1)
    await panel().find('#train').click()
    await expect.poll(() => panel().step(), { timeout: training }).toBeGreaterThan(paused + 5)
    await panel().find('#pause').click()
    await panel().find('#train').waitFor({ timeout: 60_000 })
  }, training)

  it('exports the training as a GIF', async () => {
    const { workbench, page } = editor()
    await panel().find('#export-gif').click()
    await workbench.quickInput.input.waitFor()
    await page.keyboard.press('Enter')
    await workbench.notifications.waitFor('Exported training.gif')
    const gif = readFileSync(pathOf('training.gif'))
    expect(gif.subarray(0, 6).toString('latin1')).toBe('GIF89a')
    expect(gif.includes('NETSCAPE2.0')).toBe(true)
  })

  it('draws digits to order and puts them into the document with a link', async () => {
    const { workbench } = editor()
    await panel().goTo('Play')
    await panel().find('#digits').fill('2026')
    await expect.poll(() => panel().find('.order-result canvas').getAttribute('aria-label'), { timeout: 60_000 }).toContain('2026')
    await editor().page.waitForTimeout(500)
    await editor().picture('studio-play')
    await panel().find('#insert-digits').click()
    await editor().page.locator('.tab.active.dirty', { hasText: 'notes.md' }).waitFor()
    await workbench.save()
    expect(editor().read('notes.md')).toBe('# Notes\n\nThe digits:\n![digits 2026](digits-2026.png)')
    expect(existsSync(pathOf('digits-2026.png'))).toBe(true)
    expect(readFileSync(pathOf('digits-2026.png')).subarray(1, 4).toString('latin1')).toBe('PNG')
    expect(readdirSync(pathOf('.')).filter((name) => name.endsWith('.png'))).toEqual(['digits-2026.png'])
  })

  it('walks from one picture to another, by hand and as an animation', async () => {
    await editor().workbench.runCommand('Inkling: Open Studio')
    const at = (): Promise<number> => panel().find('#walk').inputValue().then(Number)
    await expect.poll(() => panel().distinctColors('.walk-picture canvas'), { timeout: 60_000 }).toBeGreaterThan(8)
    const before = await panel().pixels('.walk-picture canvas')
    await panel().find('#walk').fill('32')
    expect(await panel().find('#walk').getAttribute('aria-valuetext')).toBe('100 % of the way')
    expect(await panel().pixels('.walk-picture canvas')).not.toEqual(before)
    await panel().find('[aria-label="Play the walk"]').click()
    await expect.poll(at, { interval: 20 }).toBeLessThan(30)
    await panel().find('[aria-label="Stop the walk"]').click()
    const stopped = await at()
    await editor().page.waitForTimeout(200)
    expect(await at()).toBe(stopped)
  })

  it('keeps runs: to rename, to compare, to take their settings for another, to delete', async () => {
    await panel().goTo('Runs')
    const names = (): Promise<string[]> => panel().find('.run-name').evaluateAll((inputs: readonly { readonly value: string }[]) => inputs.map(({ value }) => value))
    const [, second = '', third = ''] = await names()
    await panel().find('.run-name').first().fill('On wasm')
    await panel().find('.run-name').first().press('Enter')
    await expect.poll(() => panel().find('h1').textContent()).toBe('On wasm')
    expect(await names()).toEqual(['On wasm', second, third])
    for (const box of await panel().find('.run input[type=checkbox]').all()) await box.check()
    await expect.poll(() => panel().find('.two-charts .legend:visible li').allTextContents(), { timeout: 30_000 }).toEqual(['On wasm', second, third, 'On wasm', second, third])
    await panel().find('[aria-label="New run with the settings of “On wasm”"]').click()
    expect(await panel().find('#new-steps').inputValue()).toBe('2000')
    expect(await panel().find('#new-batchSize').inputValue()).toBe('32')
    await panel().goTo('Runs')
    await panel().find(`[aria-label="Delete “${third}”"]`).click()
    await editor().page.locator('.monaco-dialog-box .monaco-button', { hasText: 'Delete' }).click()
    await expect.poll(names).toEqual(['On wasm', second])
  })

  it('exports what continues the run on Keras', async () => {
    const { workbench, page } = editor()
    await panel().find('.export', { hasText: 'Keras script' }).locator('vscode-button').click()
    await workbench.quickInput.input.waitFor()
    await workbench.quickInput.box.getByText('Export Here').click()
    await workbench.notifications.waitFor('Exported train.py')
    expect(readdirSync(pathOf('gan-keras')).sort()).toEqual(['run.json', 'train.py', 'weights.npz'])
    await page.keyboard.press('Escape')
  })

  it('says when training has gone wrong, and mends it at the press of a button', async () => {
    await panel().goTo('Settings')
    await panel().find('details:not([open]) > summary').click()
    // Steps a thousand times too long: one of the alarms comes as soon as they may.
    for (const [field, value] of [['batchSize', '8'], ['generatorWidths', '16'], ['discriminatorWidths', '16'], ['generatorLearningRate', '0.5'], ['discriminatorLearningRate', '0.5'], ['r1Gamma', '0'], ['emaDecay', '0'], ['steps', '100000']] as const) await panel().find(`#new-${field}`).fill(value)
    await panel().find('#new-name').fill('Runaway')
    await panel().find('#train-new').click()
    await panel().find('#mend').waitFor({ timeout: training })
    await editor().picture('studio-alarm')
    await panel().find('#train').waitFor({ timeout: 60_000 })
    await panel().find('#mend').click()
    await panel().find('#pause').waitFor({ timeout: 60_000 })
    expect(await panel().find('#mend').count()).toBe(0)
    expect(await panel().find('#live-generatorLearningRate').inputValue()).toBe('0.0005')
    expect(await panel().find('#live-r1Gamma').inputValue()).toBe('1')
    await expect.poll(() => panel().step(), { timeout: training }).toBeGreaterThan(5)
    // What shapes the networks says that it cannot change.
    await panel().goTo('Settings')
    expect(await panel().find('#live-batchSize').isDisabled()).toBe(true)
    expect(await panel().find('#live-batchSize-text').textContent()).toBe('Fixed for the life of a run.')
    await panel().find('#live-labelSmoothing').fill('0.1')
    await panel().find('#apply-settings').click()
    await panel().find('[aria-label^="Stop:"]').click()
    await panel().goTo('Watch')
    await panel().find('#train-digits').waitFor({ timeout: 60_000 })
    await panel().goTo('Runs')
    await panel().find('.run', { has: editor().page.locator('[aria-label="Name of the run “Runaway”"]') }).waitFor()
  }, training)

  it('shows pictures of one’s own as they are cropped, and refuses broken ones by name', async () => {
    const { workbench } = editor()
    const folder = pathOf('pictures')
    mkdirSync(folder, { recursive: true })
    const stripes = Uint8Array.from({ length: 40 * 60 * 3 }, (_, i) => (i % 7) * 36)
    for (const name of ['a.png', 'b.png', 'c.PNG']) writeFileSync(path.join(folder, name), encode({ width: 40, height: 60, channels: 3, depth: 8, data: stripes }))
    writeFileSync(path.join(folder, 'broken.jpg'), 'no picture at all')
    writeFileSync(path.join(folder, 'cut.png'), readFileSync(path.join(folder, 'a.png')).subarray(0, 60))
    writeFileSync(path.join(folder, 'vast.png'), vastPng(30_000))
    writeFileSync(path.join(folder, 'notes.txt'), 'not asked for')
    await workbench.runCommand('Inkling: Open Studio')
    await chooseFolder(folder)
    await expect.poll(() => panel().find('.own > .hint').textContent(), { timeout: 30_000 }).toMatch(/^3 pictures, cropped .*; 3 refused/)
    const refused = (await panel().find('.refused li').allTextContents()).join('\n')
    expect(refused).toContain('broken.jpg')
    expect(refused).toContain('cut.png')
    expect(refused).toContain('vast.png cannot be read: it has 30000 × 30000 pixels, more than 64 million.')
    expect(await panel().find('.own canvas').getAttribute('aria-label')).toContain('The first 3 pictures')
  })

  it('says that a folder has no pictures, takes hundreds in pieces, and lets go of ten thousand', async () => {
    const { workbench } = editor()
    const [none, hundreds, thousands] = ['none', 'hundreds', 'thousands'].map((name) => path.join(editor().scratch, name)) as [string, string, string]
    for (const folder of [none, hundreds, thousands]) mkdirSync(folder, { recursive: true })
    writeFileSync(path.join(none, 'notes.txt'), 'no picture')
    const picture = encode({ width: 28, height: 28, channels: 1, depth: 8, data: new Uint8Array(784).fill(99) })
    for (let i = 0; i < 600; i++) writeFileSync(path.join(hundreds, `${i}.png`), i % 100 === 7 ? 'broken' : picture)
    for (let i = 0; i < 10_000; i++) writeFileSync(path.join(thousands, `${i}.png`), picture)
    const summary = (): Promise<string | null> => panel().find('.own > .hint').textContent()

    await chooseFolder(none)
    await panel().find('.message.error', { hasText: 'There is no picture to learn from in none.' }).waitFor({ timeout: 30_000 })
    await panel().find('[aria-label="Close this message"]').click()
    await chooseFolder(hundreds)
    await expect.poll(summary, { timeout: 60_000 }).toMatch(/^594 pictures, cropped .*; 6 refused/)
    expect((await panel().find('.refused li').allTextContents()).map((text) => text.split(' ')[0])).toEqual(['107.png', '207.png', '307.png', '407.png', '507.png', '7.png'])
    await chooseFolder(thousands)
    await expect.poll(summary, { timeout: 60_000 }).toMatch(/^Reading [1-9][\d,]* of 10,000/)
    await workbench.notifications.press('Reading pictures', 'Cancel')
    await expect.poll(summary, { timeout: 60_000 }).toMatch(/^594 pictures, cropped/)
  }, training)

  it.each([
    ['Default Dark Modern', 'vscode-dark', 'dark'],
    ['Default Light Modern', 'vscode-light', 'light'],
    ['Default High Contrast', 'vscode-high-contrast', 'high-contrast'],
  ])('wears the theme %s, its pictures too', async (theme, bodyClass, name) => {
    const { workbench, page } = editor()
    editor().updateSettings({ 'workbench.colorTheme': theme })
    await workbench.runCommand('Inkling: Open Studio')
    await panel().goTo('Watch')
    await panel().find(`body.${bodyClass}`).waitFor()
    // The corner of a digit is paper, and paper has the editor's background.
    await expect.poll(() => panel().cornerColor('.beside canvas.pictures')).toBe(await panel().background())
    await page.waitForTimeout(700) // charts are drawn anew
    await editor().picture(`studio-${name}`)
  })
})
