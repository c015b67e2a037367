import assert from 'node:assert/strict'
import * as vscode from 'vscode'
import { closeEverything, eventually, openWithCaret, SettingsGuard } from './support'

describe('Continue Writing', () => {
  const settings = new SettingsGuard()
  beforeEach(async () => {
    await settings.set('generation.temperature', 0)
    await settings.set('generation.maxNewTokens', 12)
  })
  afterEach(async () => {
    await settings.restore()
    await closeEverything()
  })

  it('writes at the caret, leaves what stands after it, and one undo takes it all back', async () => {
    const before = 'It was a bright cold day in April, and the clocks were'
    const after = '\n\nThe second paragraph stays.'
    const editor = await openWithCaret(`${before}|${after}`)
    await vscode.commands.executeCommand('inkling.continueWriting')
    const text = editor.document.getText()
    assert.ok(text.startsWith(before), text)
    assert.ok(text.endsWith(after), text)
    assert.ok(text.length > before.length + after.length, 'nothing was written')
    assert.equal(editor.document.offsetAt(editor.selection.active), text.length - after.length, 'the caret stands behind what was written')
    await vscode.commands.executeCommand('undo')
    assert.equal(editor.document.getText(), before + after)
  })

  it('writes no second space where one stands before the caret', async () => {
    const editor = await openWithCaret('She opened the door and |')
    await vscode.commands.executeCommand('inkling.continueWriting')
    const text = editor.document.getText()
    assert.ok(text.startsWith('She opened the door and '), text)
    assert.match(text.slice('She opened the door and '.length), /^\S/)
  })

  it('leaves a space before the word behind the caret', async () => {
    const editor = await openWithCaret('She opened the door |walked out.')
    await vscode.commands.executeCommand('inkling.continueWriting')
    const text = editor.document.getText()
    assert.ok(text.length > 'She opened the door walked out.'.length, 'nothing was written')
    assert.ok(/\swalked out\.$/.test(text), text)
  })

  it('gives the same text for the same seed, and stays when it is stopped', async () => {
    await settings.set('generation.temperature', 1)
    await settings.set('generation.seed', 7)
    const first = await openWithCaret('The old house|')
    await vscode.commands.executeCommand('inkling.continueWriting')
    const second = await openWithCaret('The old house|')
    await vscode.commands.executeCommand('inkling.continueWriting')
    assert.equal(second.document.getText(), first.document.getText())

    await settings.set('generation.maxNewTokens', 2000)
    const stopped = await openWithCaret('The old house|')
    const writing = vscode.commands.executeCommand('inkling.continueWriting')
    await eventually('the first words', () => stopped.document.getText().length > 'The old house'.length + 20)
    await vscode.commands.executeCommand('inkling.stop')
    await writing
    const length = stopped.document.getText().length
    await new Promise((resolve) => setTimeout(resolve, 300))
    assert.equal(stopped.document.getText().length, length, 'it went on after it was stopped')
  })

  it('goes on when another document covers the one that it writes into', async () => {
    const start = 'The old house'
    await settings.set('generation.maxNewTokens', 400)
    const { document } = await openWithCaret(`${start}|`)
    const writing = vscode.commands.executeCommand('inkling.continueWriting')
    await eventually('the first words', () => document.getText().length > start.length)
    await openWithCaret('Something else.|')
    await writing
    const covered = document.getText()
    // The same as in view, where one command undoes it all.
    const inView = await openWithCaret(`${start}|`)
    await vscode.commands.executeCommand('inkling.continueWriting')
    assert.equal(covered, inView.document.getText())
  })
})

describe('Generate from Selection', () => {
  afterEach(closeEverything)

  it('shows the selected text with its continuation in a document beside', async () => {
    const editor = await openWithCaret('Artificial intelligence is revolutionizing|')
    editor.selection = new vscode.Selection(0, 0, 0, 'Artificial intelligence is revolutionizing'.length)
    await vscode.commands.executeCommand('inkling.generateFromSelection')
    const beside = vscode.window.activeTextEditor
    assert.ok(beside && beside !== editor)
    assert.ok(beside.document.getText().length > 'Artificial intelligence is revolutionizing'.length)
    assert.ok(beside.document.getText().startsWith('Artificial intelligence is revolutionizing'))
    assert.equal(editor.document.getText(), 'Artificial intelligence is revolutionizing')
  })
})
