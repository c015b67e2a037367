import * as vscode from 'vscode'
import { portionOf, type Portion } from '../../completion/acceptance'
import { insertText } from '../insertText'

const editorCommands: Readonly<Record<Portion, string>> = {
  all: 'editor.action.inlineSuggest.commit',
  word: 'editor.action.inlineSuggest.acceptNextWord',
  line: 'editor.action.inlineSuggest.acceptNextLine',
}

/**
 * Takes what is suggested at the caret. In the palette the grey words are gone: then what stood there is taken. Where
 * nothing stood, suggestions are asked for.
 * @param remembered what is suggested at a place, as far as it is known already
 */
export async function acceptSuggestion(portion: Portion, remembered: (document: vscode.TextDocument, position: vscode.Position) => Promise<string | undefined>): Promise<void> {
  const editor = vscode.window.activeTextEditor
  if (!editor) return
  const { document } = editor
  const caret = editor.selection.active
  const taken = await changed(document, caret, () => vscode.commands.executeCommand(editorCommands[portion]))
  if (taken !== undefined) {
    // The editor takes a blank and the word behind it one after the other; to a writer they are one.
    if (portion === 'word' && taken !== '' && taken.trim() === '') await vscode.commands.executeCommand(editorCommands.word)
    return
  }
  const suggestion = await remembered(document, caret)
  if (suggestion === undefined) await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger')
  else await insertText(editor, caret, portionOf(suggestion, portion))
}

/** @returns what `act` has put behind `position` on its line; undefined when the document is as before */
async function changed(document: vscode.TextDocument, position: vscode.Position, act: () => Thenable<unknown>): Promise<string | undefined> {
  const { version } = document
  const behind = (): string => document.lineAt(position.line).text.slice(position.character)
  const before = behind()
  await act()
  if (document.version === version) return undefined
  const after = behind()
  return after.endsWith(before) ? after.slice(0, after.length - before.length) : after
}
