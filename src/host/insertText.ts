import type * as vscode from 'vscode'

/**
 * Inserts text as one edit.
 * @returns whether the text stands there now: an editor says no when the document changed meanwhile, and says yes without
 *   doing anything when it is read-only
 */
export async function insertText(editor: vscode.TextEditor, at: vscode.Position, text: string, undoStops = { undoStopBefore: true, undoStopAfter: true }): Promise<boolean> {
  const { version } = editor.document
  const done = await editor.edit((edit) => edit.insert(at, text), undoStops)
  return done && (text === '' || editor.document.version !== version)
}
