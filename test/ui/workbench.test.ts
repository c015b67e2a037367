import { readFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../../tools/lib/project.mjs'
import { useEditor } from '../support/useEditor'

const sample = readFileSync(path.join(root, 'sample/letter.md'), 'utf8')

describe('A writer who opens a folder', () => {
  const editor = useEditor({ files: { 'letter.md': sample } })

  it('sees the extension in the status bar and no complaint', async () => {
    const { workbench } = editor()
    expect(await workbench.statusItem.isVisible()).toBe(true)
    expect(await workbench.notifications.messages()).toEqual([])
  })

  it('opens the sample document, types into it and saves it', async () => {
    const { workbench } = editor()
    await workbench.openFile('letter.md')
    expect(await workbench.visibleLines()).toContain('Dear Ada,')
    await workbench.type('Yours')
    await workbench.save()
    expect(editor().read('letter.md')).toBe(`${sample}Yours`)
  })

  it('finds the commands in the palette', async () => {
    const { workbench } = editor()
    await workbench.press('F1')
    await workbench.quickInput.filter('>Inkling: Show Log')
    expect(await workbench.quickInput.rows()).toContain('Inkling: Show Log')
    await workbench.quickInput.dismiss()
  })

  it('changes a setting while the editor runs', async () => {
    const { workbench } = editor()
    editor().updateSettings({ 'workbench.statusBar.visible': false })
    await workbench.statusItem.waitFor({ state: 'hidden' })
    editor().updateSettings({ 'workbench.statusBar.visible': true })
    await workbench.statusItem.waitFor({ state: 'visible' })
  })
})
