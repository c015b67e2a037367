import { beforeEach, describe, expect, it } from 'vitest'
import { useEditor } from '../support/useEditor'

/** Begins a paragraph that any model of English can go on with. */
const opening = 'There was nothing to be done, and so they sat at the end of'

describe('A writer who types', () => {
  const editor = useEditor({
    files: { 'story.md': '# A story\n\n', 'code.md': '```js\n' },
    settings: { 'inkling.suggestions.confidence': 'eager' },
  })

  /** An empty paragraph to write in. */
  beforeEach(async () => {
    const { workbench } = editor()
    await workbench.openFile('story.md')
    await workbench.press('ControlOrMeta+a', 'Delete')
    await workbench.type('# A story\n\n', 5)
  })

  /** The line with the caret as it reads, ghost text included. */
  async function lastLine(): Promise<string> {
    return (await editor().workbench.visibleLines()).at(-1) ?? ''
  }

  it('sees in grey how the sentence goes on, and Tab takes it', async () => {
    const { workbench } = editor()
    await workbench.type(opening)
    const ghost = await workbench.waitForGhostText()
    expect(ghost).toMatch(/^ \w/)
    await editor().picture('ghost-text')
    await workbench.press('Tab')
    await workbench.save()
    expect(editor().read('story.md')).toBe(`# A story\n\n${opening}${ghost}`)
  })

  it('types through the suggestion, goes back, and it stays', async () => {
    const { workbench } = editor()
    await workbench.type(opening)
    const ghost = await workbench.waitForGhostText()
    await workbench.type(ghost.slice(0, 3))
    await expect.poll(() => workbench.ghostText()).toBe(ghost.slice(3))
    await workbench.press('Backspace')
    await expect.poll(() => workbench.ghostText()).toBe(ghost.slice(2))
  })

  it('takes it word by word', async () => {
    const { workbench } = editor()
    await workbench.type(opening)
    const ghost = await workbench.waitForGhostText()
    // The editor takes the blank and the word in two steps.
    await workbench.press('ControlOrMeta+ArrowRight', 'ControlOrMeta+ArrowRight')
    const first = /^\s*\S+/.exec(ghost)?.[0] ?? ''
    await expect.poll(lastLine).toContain(`${opening}${first}`)
    await workbench.press('Escape')
    await expect.poll(lastLine).toBe(`${opening}${first}`)
  })

  it('asks for several and cycles through them', async () => {
    const { workbench } = editor()
    await workbench.type('She opened the')
    await workbench.press('Escape', 'Alt+Backslash')
    const first = await workbench.waitForGhostText()
    await workbench.press('Alt+BracketRight')
    await expect.poll(() => workbench.ghostText()).not.toBe(first)
    const second = await workbench.ghostText()
    expect(second).not.toBe('')
    await editor().picture('several-suggestions')
    // What is typed into the second, as far as it differs from the first, makes it the one that stays.
    const typed = [...second].findIndex((letter, index) => letter !== first[index]) + 1
    await workbench.type(second.slice(0, typed))
    await expect.poll(() => workbench.ghostText()).toBe(second.slice(typed))
  })

  it('sees nothing in a code fence', async () => {
    const { workbench } = editor()
    await workbench.openFile('code.md')
    await workbench.type(opening)
    await editor().page.waitForTimeout(1000)
    expect(await workbench.ghostText()).toBe('')
  })
})

describe('The commands', () => {
  const editor = useEditor({ files: { 'story.md': '# A story\n\nThe old house stood at the end of the' } })

  it('show alternatives with a preview in place, and Enter takes the chosen one', async () => {
    const { workbench } = editor()
    await workbench.openFile('story.md')
    await workbench.runCommand('Inkling: Show Alternatives')
    await expect.poll(async () => (await workbench.quickInput.rows()).length).toBeGreaterThan(0)
    await editor().page.waitForTimeout(1500) // all of them are written, and the box has faded in
    await workbench.press('ArrowDown')
    await editor().picture('alternatives')
    await workbench.press('Enter')
    const saved = async (): Promise<string> => {
      await workbench.save()
      return editor().read('story.md')
    }
    await expect.poll(saved).toMatch(/^# A story\n\nThe old house stood at the end of the.*\S/)
  })

  it('open a menu from the status bar that tells what runs', async () => {
    const { workbench } = editor()
    await workbench.statusItem.click()
    // The picker of the command before may still be closing.
    await expect.poll(async () => (await workbench.quickInput.rows()).join('\n')).toContain('Snooze')
    expect((await workbench.quickInput.rows()).join('\n')).toMatch(/Ready|Thinking/)
    await editor().page.waitForTimeout(500) // the menu fades in
    await editor().picture('status-menu')
    await workbench.quickInput.dismiss()
  })

  it('snooze, and wake up', async () => {
    const { workbench } = editor()
    await workbench.runCommand('Inkling: Snooze Suggestions…')
    await workbench.quickInput.choose('5 minutes')
    await expect.poll(() => workbench.statusItem.getAttribute('aria-label')).toContain('Snoozed')
    await workbench.runCommand('Inkling: Wake Up Suggestions')
    await expect.poll(() => workbench.statusItem.getAttribute('aria-label')).not.toContain('Snoozed')
  })

  it('generate from a prompt in a document beside', async () => {
    const { workbench } = editor()
    await workbench.runCommand('Inkling: Generate from a Prompt…')
    await workbench.quickInput.answer('Deep learning is revolutionizing artificial intelligence')
    await expect.poll(async () => (await workbench.visibleLines()).join('\n').length).toBeGreaterThan(120)
    await workbench.press('Escape')
  })

  it('say what is wrong with a model that is not there, with a button that mends it', async () => {
    const { workbench } = editor()
    editor().updateSettings({ 'inkling.model': '/nowhere/at/all' })
    await workbench.openFile('story.md')
    await workbench.runCommand('Inkling: Continue Writing')
    await workbench.notifications.waitFor('There is no model folder at /nowhere/at/all')
    await workbench.notifications.press('There is no model folder', 'Choose a model')
    expect((await workbench.quickInput.rows()).join('\n')).toContain('Came with Inkling')
    await workbench.quickInput.dismiss()
    editor().updateSettings({ 'inkling.model': undefined })
  })
})
