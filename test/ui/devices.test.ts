import { describe, expect, it } from 'vitest'
import { useEditor } from '../support/useEditor'

describe('The device that a model runs on', () => {
  // No driver that this machine may have: what is not there cannot be used.
  const editor = useEditor({ files: { 'note.md': '' }, settings: { 'inkling.suggestions.confidence': 'eager' }, env: { VK_ICD_FILENAMES: '/nowhere.json', VK_DRIVER_FILES: '/nowhere.json' } })
  const statusMenu = async (): Promise<string> => {
    const { workbench } = editor()
    await workbench.statusItem.click()
    await workbench.quickInput.rows()
    const text = await workbench.quickInput.box.innerText()
    await workbench.quickInput.dismiss()
    return text
  }

  it('is the CPU until others are measured, which begins when nobody writes', async () => {
    const { workbench } = editor()
    await workbench.openFile('note.md')
    await workbench.type('There was nothing to be done, and so they sat at the end of')
    expect(await workbench.waitForGhostText()).toMatch(/\S/)
    expect(await statusMenu()).toContain('Devices are measured while nobody writes.')
    await expect.poll(statusMenu, { timeout: 100_000, interval: 3000 }).toMatch(/cpu \d[\d.]* tokens\/s · not usable here: .*webgpu/)
    await editor().page.locator('.activitybar [aria-label="Inkling"]').first().click()
    await editor().page.locator('.pane', { hasText: 'On this machine' }).locator('.monaco-list-row', { hasText: 'tokens/s' }).waitFor()
  })

  it('is the CPU where the one that is named is not there, which is said', async () => {
    const { workbench } = editor()
    editor().updateSettings({ 'inkling.device': 'webgpu' })
    await workbench.notifications.waitFor('The device webgpu cannot be used')
    await expect.poll(statusMenu, { timeout: 30_000 }).toContain('int8 on cpu')
  })
})
