import { spawnSync } from 'node:child_process'
import { beforeEach, describe, expect, it } from 'vitest'
import { provoke } from '../support/provoke'
import { useEditor } from '../support/useEditor'

const hasGit = spawnSync('git', ['--version']).status === 0

const heading = '# A story\n\n'

describe('A document that is opened at its beginning', () => {
  const editor = useEditor({ files: { 'story.md': 'They walked along the river until the sun went down. It was the end of the' }, trace: true })

  it('is read to its end before anybody goes there', async () => {
    const { page } = editor()
    await page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'story.md' }).first().dblclick()
    await expect.poll(() => editor().trace(), { timeout: 15_000 }).toMatch(/^[\d.]+ prepare for version 1: (1 from model|unsure) in [\d.]+ ms, model/m)
  })
})

describe('A writer who types', () => {
  const editor = useEditor({
    files: { 'story.md': heading, 'code.md': '```js\n', 'locked.md': 'It was the end of the', 'book.ipynb': notebook('It was the end') },
    settings: { 'inkling.suggestions.confidence': 'eager', 'files.readonlyInclude': { '**/locked.md': true } },
  })

  beforeEach(() => editor().workbench.openFile('story.md'))

  async function saved(): Promise<string> {
    await editor().workbench.save()
    return editor().read('story.md')
  }

  it('sees in grey how the sentence goes on, and Tab takes it', async () => {
    const { workbench } = editor()
    const { typed, ghost } = await provoke(workbench, heading)
    expect(ghost).toMatch(/^ \w/)
    await editor().picture('ghost-text')
    await workbench.press('Tab')
    expect(await saved()).toBe(heading + typed + ghost)
  })

  it('types through the suggestion, goes back, and it stays', async () => {
    const { workbench } = editor()
    const { ghost } = await provoke(workbench, heading, { fits: (text) => text.length > 3 })
    await workbench.type(ghost.slice(0, 3))
    await expect.poll(() => workbench.ghostText()).toBe(ghost.slice(3))
    await workbench.press('Backspace')
    await expect.poll(() => workbench.ghostText()).toBe(ghost.slice(2))
  })

  it('takes it word by word, each with the blank before it', async () => {
    const { workbench } = editor()
    const { typed, ghost } = await provoke(workbench, heading, { asked: true, fits: (text) => /^ \w+ \w+/.test(text) })
    const [first = '', second = ''] = ghost.match(/ \w+/g) ?? []
    await workbench.press('ControlOrMeta+ArrowRight')
    await expect.poll(saved).toBe(heading + typed + first)
    await workbench.press('ControlOrMeta+ArrowRight')
    await expect.poll(saved).toBe(heading + typed + first + second)
  })

  it.each([
    ['Inkling: Accept Suggestion', (ghost: string) => ghost],
    ['Inkling: Accept Next Word of Suggestion', (ghost: string) => /^ \w+/.exec(ghost)?.[0] ?? ''],
    ['Inkling: Accept Line of Suggestion', (ghost: string) => ghost],
  ])('takes it in the palette: %s', async (command, taken) => {
    const { workbench } = editor()
    const { typed, ghost } = await provoke(workbench, heading, { fits: (text) => /^ \w+/.test(text) })
    await workbench.runCommand(command)
    await expect.poll(saved).toBe(heading + typed + taken(ghost))
  })

  it('asks for several and cycles through them', async () => {
    const { workbench } = editor()
    const { ghost: first } = await provoke(workbench, heading, { asked: true })
    await workbench.press('Alt+BracketRight')
    await expect.poll(() => workbench.ghostText()).not.toBe(first)
    const second = await workbench.ghostText()
    expect(second).not.toBe('')
    // What is typed into the second, as far as it differs from the first, makes it the one that stays.
    const typed = [...second].findIndex((letter, index) => letter !== first[index]) + 1
    await workbench.type(second.slice(0, typed))
    await expect.poll(() => workbench.ghostText()).toBe(second.slice(typed))
  })

  it('takes it at every cursor', async () => {
    const { workbench } = editor()
    const { typed } = await provoke(workbench, heading)
    await workbench.press('ControlOrMeta+a', 'Delete')
    await workbench.type(`${typed}\n${typed}`, 5)
    await workbench.runCommand('Add Cursor Above')
    await workbench.press('Alt+Backslash')
    await workbench.waitForGhostText()
    await workbench.press('Tab', 'Escape')
    const [first = '', second] = (await saved()).split('\n')
    expect(first.length).toBeGreaterThan(typed.length)
    expect(second).toBe(first)
  })

  it('sees it in a text without a file and without a language', async () => {
    const { workbench } = editor()
    await workbench.runCommand('File: New Untitled Text File')
    await editor().page.locator('.tab.active', { hasText: 'Untitled' }).waitFor()
    await provoke(workbench, '')
    await workbench.press('ControlOrMeta+a', 'Delete')
  })

  it('sees it in a Markdown cell of a notebook', async () => {
    const { workbench, page } = editor()
    await page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'book.ipynb' }).first().dblclick()
    await page.locator('.notebookOverlay .cell-status-container, .notebookOverlay .markdown').first().waitFor()
    await page.locator('.notebookOverlay .cell.markdown, .notebookOverlay .cell-list-container').first().click()
    await workbench.press('Enter')
    await page.locator('.notebookOverlay .monaco-editor.focused').waitFor()
    await provoke(workbench, '')
  })

  it.runIf(hasGit)('sees it in the box for a commit message', async () => {
    const { workbench, page } = editor()
    await workbench.runCommand('Git: Initialize Repository')
    await workbench.quickInput.rows()
    await workbench.press('Enter')
    await page.locator('.activitybar [aria-label^="Source Control"]').first().click({ force: true }) // its badge moves while Git looks around
    await page.locator('.scm-view .scm-input .monaco-editor').first().click()
    await provoke(workbench, '')
    await workbench.press('ControlOrMeta+a', 'Delete')
    await workbench.press('ControlOrMeta+Shift+e')
  })

  it('can do nothing in a document that is locked, and is told so', async () => {
    const { workbench } = editor()
    await workbench.openFile('locked.md')
    await workbench.press('Alt+Backslash')
    await workbench.runCommand('Inkling: Continue Writing')
    await workbench.notifications.waitFor('The editor refused to change locked.md')
    expect(await workbench.ghostText()).toBe('')
  })

  it('sees nothing in a code fence', async () => {
    const { workbench } = editor()
    const { typed } = await provoke(workbench, heading)
    await workbench.openFile('code.md')
    await workbench.type(typed)
    await editor().page.waitForTimeout(1000)
    expect(await workbench.ghostText()).toBe('')
  })
})

/** A notebook with one Markdown cell. */
function notebook(source: string): string {
  return JSON.stringify({ cells: [{ cell_type: 'markdown', metadata: {}, source: [source] }], metadata: {}, nbformat: 4, nbformat_minor: 5 })
}

/** Long enough that a picker at the top of the window does not hide its end. */
const story = `# A story

We came to the village in the last week of October, when the hotels were closed and the boats had been taken out of the water.

Nobody was in the street. A dog lay in front of the church and did not lift its head.

We asked in the shop for the key. The woman behind the counter took it from a nail and wrote our names in a book.

She told us to be careful with the stove, and that there was wood behind the wall.

It was nearly dark when we found the path. We walked between two fields and then along a row of trees.

The old house stood at the end of the`

describe('The commands', () => {
  const editor = useEditor({ files: { 'story.md': story } })

  /** What is drawn behind the caret without being in the document. */
  async function preview(): Promise<string> {
    return editor().page.evaluate<string>(`[...document.querySelectorAll('.view-line span')].map((span) => getComputedStyle(span, '::after').content).filter((text) => text !== 'none').join('')`)
  }

  it('show alternatives with a preview in place, and Enter takes the chosen one', async () => {
    const { workbench, page } = editor()
    await workbench.openFile('story.md')
    await workbench.runCommand('Inkling: Show Alternatives')
    await expect.poll(async () => (await workbench.quickInput.rows()).length).toBeGreaterThan(0)
    await workbench.quickInput.idle()
    await workbench.press('ArrowDown')
    await expect.poll(async () => {
      const chosen = await workbench.quickInput.focused()
      return chosen !== '' && (await preview()).includes(chosen.slice(0, 20))
    }, { timeout: 15_000 }).toBe(true)
    await page.mouse.move(640, 700) // off the box, which would tell again what it says
    await page.locator('.workbench-hover').waitFor({ state: 'hidden' })
    await editor().picture('alternatives')
    await workbench.press('Enter')
    const saved = async (): Promise<string> => {
      await workbench.save()
      return editor().read('story.md')
    }
    await expect.poll(async () => {
      // What is read while the editor writes may be half of it.
      const text = await saved()
      return text.length > story.length && text.startsWith(story)
    }, { timeout: 15_000 }).toBe(true)
  })

  it('open a menu from the status bar that tells what runs', async () => {
    const { workbench } = editor()
    await workbench.statusItem.click()
    // The picker of the command before may still be closing.
    await expect.poll(async () => (await workbench.quickInput.rows()).join('\n')).toContain('Snooze')
    expect((await workbench.quickInput.rows()).join('\n')).toMatch(/Ready|Thinking/)
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
    await expect.poll(async () => (await workbench.visibleLines()).join('\n').length, { timeout: 60_000 }).toBeGreaterThan(120)
    await workbench.press('Escape')
  })

  it('say what is wrong with a model that is not there, with a button that mends it', async () => {
    const { workbench } = editor()
    editor().updateSettings({ 'inkling.model': '/nowhere/at/all' })
    await workbench.openFile('story.md')
    await workbench.runCommand('Inkling: Continue Writing')
    await workbench.notifications.waitFor('There is no model folder at /nowhere/at/all')
    await expect.poll(() => workbench.statusItem.getAttribute('aria-label'), { timeout: 15_000 }).toContain('There is no model folder at /nowhere/at/all')
    await workbench.notifications.press('There is no model folder', 'Choose a model')
    expect((await workbench.quickInput.rows()).join('\n')).toContain('Came with Inkling')
    await workbench.quickInput.dismiss()
    editor().updateSettings({ 'inkling.model': undefined })
    await expect.poll(() => workbench.statusItem.getAttribute('aria-label'), { timeout: 15_000 }).not.toContain('no model folder')
  })
})
