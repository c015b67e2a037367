import { beforeAll, describe, expect, it } from 'vitest'
import { useEditor } from '../support/useEditor'
import { provoke } from '../support/provoke'
import { useTextServer } from '../support/textServer'

/** No model in the extension would write this. */
const written = ' seven purple lighthouses in Antarctica tonight'

/** Settings are written to disk and read again before the window shows them. */
const patient = { timeout: 20_000 }

describe('A writer with a server', () => {
  const served = useTextServer(written, 'open-sesame')
  const editor = useEditor({ files: { 'note.md': '# A note\n\n', 'here.md': '' }, settings: { 'inkling.suggestions.confidence': 'eager' } })
  const dialog = () => editor().page.locator('.monaco-dialog-box')
  const status = (): Promise<string | null> => editor().workbench.statusItem.getAttribute('aria-label')

  it('is asked for address, key, model and consent, and nothing of the text is sent before', async () => {
    const { workbench } = editor()
    expect(await status()).not.toContain('is sent to')
    await workbench.openFile('note.md')
    await workbench.type('A secret of mine. ')
    await workbench.runCommand('Inkling: Use a Server…')
    await workbench.quickInput.answer(served().url)
    await expect.poll(() => workbench.quickInput.box.innerText(), patient).toContain('Key for')
    await workbench.quickInput.answer('open-sesame')
    await expect.poll(async () => (await workbench.quickInput.rows()).join(), patient).toBe('writer,another')
    await workbench.quickInput.choose('writer')
    await dialog().waitFor()
    expect(await dialog().innerText()).toContain(`Send your text to ${served().host}?`)
    expect(await dialog().innerText()).toContain('leaves this machine')
    expect(served().asked.map(({ prompt }) => prompt).join()).not.toContain('secret')
    expect(await status()).not.toContain('is sent to')
    await dialog().locator('.monaco-button', { hasText: 'Send my text there' }).click()
    await expect.poll(status, patient).toContain(`Your text is sent to ${served().host}.`)
    expect(await workbench.statusItem.innerText()).toContain(served().host)
  })

  it('sees what the server writes as ghost text, and the key goes with it', async () => {
    const { workbench } = editor()
    await workbench.openFile('note.md')
    await workbench.type('And then they built')
    await expect.poll(() => workbench.ghostText(), patient).toContain(' seven purple')
    const { prompt, authorization } = served().asked.at(-1) ?? {}
    expect(authorization).toBe('Bearer open-sesame')
    expect(prompt).toContain('A secret of mine.')
    await workbench.press('Tab')
    await workbench.save()
    expect(editor().read('note.md')).toContain('And then they built seven purple')
  })

  it('generates there, too', async () => {
    const { workbench } = editor()
    await workbench.press('Enter', 'Enter')
    await workbench.type('Once there were', 5)
    await workbench.press('Escape')
    await workbench.runCommand('Inkling: Continue Writing')
    await expect.poll(async () => (await workbench.visibleLines()).join('\n'), patient).toContain('Once there were seven purple lighthouses in Antarctica tonight')
  })

  it('reads in the status menu where the text goes, and goes back to this machine with it', async () => {
    const { workbench } = editor()
    await workbench.statusItem.click()
    await expect.poll(async () => (await workbench.quickInput.rows()).join('\n'), patient).toContain(`Your text is sent to ${served().host}`)
    await editor().page.waitForTimeout(500) // the menu fades in
    await editor().picture('server')
    await workbench.quickInput.choose(`Your text is sent to ${served().host}`)
    await expect.poll(status, patient).not.toContain('is sent to')
    const before = served().asked.length
    await workbench.openFile('here.md')
    expect((await provoke(workbench, '')).ghost).not.toContain('purple')
    expect(served().asked.length).toBe(before)
  })

  it('is told when the key is refused, with a button that asks for another', async () => {
    const { workbench } = editor()
    await workbench.openFile('note.md')
    await workbench.runCommand('Inkling: Forget Server Key')
    editor().updateSettings({ 'inkling.engine': 'remote', 'inkling.server.url': served().url, 'inkling.server.model': 'writer' })
    await expect.poll(status, patient).toContain('is sent to')
    await workbench.runCommand('Inkling: Continue Writing')
    await workbench.notifications.press(`${served().host} refuses the key, or wants one.`, 'Enter key')
    await workbench.quickInput.answer('open-sesame')
    await workbench.press('Enter', 'Enter')
    await workbench.type('They saw')
    await expect.poll(() => workbench.ghostText(), patient).toContain(' seven purple')
  })
})

describe('A hostile workspace', () => {
  const served = useTextServer(written, 'unknown')
  const editor = useEditor({ files: { 'note.md': '' }, settings: { 'inkling.suggestions.confidence': 'eager' } })

  beforeAll(() => {
    const evil = { 'inkling.engine': 'remote', 'inkling.server.url': served().url, 'inkling.server.model': 'writer', 'inkling.server.allowHttp': true }
    editor().write('.vscode/settings.json', JSON.stringify({ ...evil, '[markdown]': evil }))
  })

  it('cannot make text leave the machine', async () => {
    const { workbench } = editor()
    await workbench.openFile('note.md')
    await provoke(workbench, '')
    expect(await workbench.statusItem.getAttribute('aria-label')).not.toContain('is sent to')
    expect(served().asked).toEqual([])
  })
})
