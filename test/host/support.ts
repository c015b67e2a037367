import assert from 'node:assert/strict'
import * as vscode from 'vscode'

/** A text with the caret where `|` stands, open in an editor. */
export async function openWithCaret(marked: string, language = 'markdown'): Promise<vscode.TextEditor> {
  const offset = marked.indexOf('|')
  assert.ok(offset >= 0, 'the text has no caret')
  const document = await vscode.workspace.openTextDocument({ language, content: marked.slice(0, offset) + marked.slice(offset + 1) })
  const editor = await vscode.window.showTextDocument(document)
  const caret = document.positionAt(offset)
  editor.selection = new vscode.Selection(caret, caret)
  return editor
}

/** Waits until `read` gives something, and gives it. */
export async function eventually<T>(what: string, read: () => T | undefined | false, timeoutMs = 15_000): Promise<T> {
  const end = Date.now() + timeoutMs
  for (;;) {
    const value = read()
    if (value !== undefined && value !== false) return value
    if (Date.now() > end) throw new Error(`Waited in vain for: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Changes user settings for the length of a test. */
export class SettingsGuard {
  private readonly changed = new Set<string>()

  async set(key: string, value: unknown): Promise<void> {
    this.changed.add(key)
    await vscode.workspace.getConfiguration('inkling').update(key, value, vscode.ConfigurationTarget.Global)
  }

  async restore(): Promise<void> {
    for (const key of this.changed) await vscode.workspace.getConfiguration('inkling').update(key, undefined, vscode.ConfigurationTarget.Global)
    this.changed.clear()
  }
}

export async function closeEverything(): Promise<void> {
  await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor')
  await vscode.commands.executeCommand('workbench.action.closeAllEditors')
}
