import * as vscode from 'vscode'
import type { CompletionDocument } from '../completion/decide'
import type { TextView } from '../completion/textView'

/** A document of the editor as the completion sees it, without copying its text. */
export function documentOf(document: vscode.TextDocument): CompletionDocument {
  return {
    id: document.uri.toString(),
    languageId: document.languageId,
    text: viewOf(document),
    readOnly: vscode.workspace.fs.isWritableFileSystem(document.uri.scheme) === false,
  }
}

function viewOf(document: vscode.TextDocument): TextView {
  return {
    length: document.offsetAt(document.lineAt(document.lineCount - 1).range.end),
    slice: (from, to) => document.getText(new vscode.Range(document.positionAt(from), document.positionAt(to))),
  }
}
