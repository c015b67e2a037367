import assert from 'node:assert/strict'
import * as vscode from 'vscode'
import { closeEverything, eventually, openWithCaret, SettingsGuard } from './support'

/** Asks for a suggestion and takes it; the text that came, or undefined when nothing did within `waitMs`. */
async function take(editor: vscode.TextEditor, waitMs: number): Promise<string | undefined> {
  const before = editor.document.getText()
  const end = Date.now() + waitMs
  while (Date.now() < end) {
    await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger')
    await new Promise((resolve) => setTimeout(resolve, 300))
    await vscode.commands.executeCommand('editor.action.inlineSuggest.commit')
    const after = editor.document.getText()
    if (after !== before) return after
  }
  return undefined
}

describe('Suggestions', () => {
  const settings = new SettingsGuard()
  beforeEach(() => settings.set('suggestions.confidence', 'eager'))
  afterEach(async () => {
    await settings.restore()
    await closeEverything()
  })

  it('continue the sentence at the caret', async () => {
    const editor = await openWithCaret('There was nothing to be done, and so they sat at the end of|')
    const text = await take(editor, 15_000)
    assert.ok(text?.startsWith('There was nothing to be done, and so they sat at the end of '), text)
  })

  it('finish the word that was begun', async () => {
    const editor = await openWithCaret('There was nothing to be done, and so they sat at the end of th|')
    const text = await take(editor, 15_000)
    assert.match(text ?? '', /at the end of th[a-z]/)
  })

  it('stay out of code', async () => {
    const editor = await openWithCaret('```js\nThere was nothing to be done at the end of|\n```\n')
    assert.equal(await take(editor, 1500), undefined)
  })
})

describe('A bad setting', () => {
  const settings = new SettingsGuard()
  afterEach(async () => {
    await settings.restore()
    await closeEverything()
  })

  it('is replaced by its default, and the commands go on', async () => {
    await settings.set('generation.maxNewTokens', 'many')
    await settings.set('generation.temperature', -3)
    const editor = await openWithCaret('The old house|')
    const writing = vscode.commands.executeCommand('inkling.continueWriting')
    await eventually('some words', () => editor.document.getText().length > 'The old house'.length)
    await vscode.commands.executeCommand('inkling.stop')
    await writing
  })

  it('leaves the editor alone when it names no model', async () => {
    await settings.set('model', '/nowhere/at/all')
    const editor = await openWithCaret('The old house|')
    await vscode.commands.executeCommand('inkling.continueWriting')
    assert.equal(editor.document.getText(), 'The old house')
    await settings.set('model', undefined)
    await settings.set('generation.maxNewTokens', 3)
    await vscode.commands.executeCommand('inkling.continueWriting')
    assert.ok(editor.document.getText().length > 'The old house'.length, 'the embedded model writes again without a reload')
  })
})
