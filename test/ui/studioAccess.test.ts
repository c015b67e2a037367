import { describe, expect, it } from 'vitest'
import { StudioPanel } from '../support/studioPanel'
import { useEditor } from '../support/useEditor'

/** Training takes as long as the machine needs; nothing here depends on how long that is. */
const training = 180_000

/** Networks that a software renderer trains in no time. */
const small = { batchSize: '8', generatorWidths: '16', discriminatorWidths: '16', latentSize: '8' } as const

/** What a control of the page is to someone without mouse or screen. */
interface Control {
  readonly tagName: string
  readonly id: string
  readonly tabIndex: number
  readonly disabled?: boolean
  readonly labels?: { readonly length: number } | null
  readonly textContent: string | null
  getAttribute(name: string): string | null
}

describe('The Studio, otherwise than by mouse in a wide window,', () => {
  const editor = useEditor({ files: { 'notes.md': '# Notes\n' } })
  const panel = (): StudioPanel => new StudioPanel(editor().page)

  it('has a name and a place in the tab order for every control', async () => {
    await editor().workbench.openFile('notes.md')
    await editor().workbench.runCommand('Inkling: Open Studio')
    await panel().ready()
    for (const tab of ['Watch', 'Play', 'Runs', 'Settings'] as const) {
      await panel().goTo(tab)
      const troubles = await panel().find('button, input, select, summary, vscode-button, [role=button], canvas').evaluateAll((controls: readonly Control[]) =>
        controls.flatMap((control) => {
          const named = [control.getAttribute('aria-label'), control.textContent].some((text) => (text ?? '').trim() !== '') || (control.labels?.length ?? 0) > 0
          const reachable = control.tagName === 'CANVAS' || control.tabIndex >= 0 || control.getAttribute('role') === 'tab' || control.getAttribute('disabled') !== null
          return named && reachable ? [] : [`${control.tagName} ${control.id} ${control.getAttribute('class') ?? ''} ${named ? 'cannot be reached' : 'has no name'}`]
        }))
      expect(troubles.filter((text) => !text.startsWith('CANVAS')), tab).toEqual([])
    }
  })

  it('can be driven by the keyboard alone', async () => {
    const { page } = editor()
    await panel().goTo('Watch')
    await panel().find('#tab-watch').focus()
    await page.keyboard.press('ArrowRight')
    expect(await panel().find('#tab-play').getAttribute('aria-selected')).toBe('true')
    await page.keyboard.press('End')
    expect(await panel().find('#tab-settings').getAttribute('aria-selected')).toBe('true')
    await panel().find('details > summary').focus()
    await page.keyboard.press('Enter')
    await panel().find('#new-batchSize').waitFor()
    await panel().find('#new-name').fill('By keys')
    for (const [field, value] of Object.entries({ ...small, steps: '200000' })) await panel().find(`#new-${field}`).fill(value)
    await panel().find('#backend').selectOption('wasm')
    await panel().find('#train-new').focus()
    await page.keyboard.press('Enter')
    await panel().find('#pause').waitFor({ timeout: training })
  }, training)

  it('trains on, and says so, while the panel is hidden', async () => {
    const { workbench, page } = editor()
    await workbench.openFile('notes.md')
    await page.locator('iframe.webview.ready').first().waitFor({ state: 'hidden' })
    const told = async (): Promise<number> => Number(/Step ([\d,]+) of/.exec((await page.locator('[id="inkling.inkling.inkling.training"]').getAttribute('aria-label')) ?? '')?.[1]?.replaceAll(',', '') ?? Number.NaN)
    const before = await told()
    expect(before).toBeGreaterThan(0)
    await expect.poll(told, { timeout: 60_000 }).toBeGreaterThan(before + 100)
    // The notification's Cancel pauses; nothing is lost.
    await workbench.notifications.press('Training “By keys”', 'Cancel')
    await workbench.runCommand('Inkling: Open Studio')
    await panel().find('#train').waitFor({ timeout: 60_000 })
    await expect.poll(async () => (await panel().savedStep()) === (await panel().step()), { timeout: 60_000 }).toBe(true)
  })

  it('fits a narrow panel', async () => {
    const { page } = editor()
    await page.setViewportSize({ width: 760, height: 1100 })
    for (const tab of ['Settings', 'Runs', 'Play', 'Watch'] as const) {
      await panel().goTo(tab)
      await expect.poll(() => panel().find('body').evaluate((body: { readonly scrollWidth: number; readonly clientWidth: number }) => body.scrollWidth - body.clientWidth)).toBe(0)
    }
    await page.setViewportSize({ width: 1280, height: 800 })
  })
})
