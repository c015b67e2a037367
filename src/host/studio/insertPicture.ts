import * as vscode from 'vscode'
import { InklingError, reasonOf } from '../../base/errors'
import { Disposable } from '../../base/lifecycle'
import { pictureLink, pictureName } from './pictureLink'

const most = 1000

/** Puts a picture beside the document that was last written in, and its link at the caret. */
export class PictureInserter extends Disposable {
  private last: { readonly uri: vscode.Uri; readonly selection?: vscode.Selection } | undefined

  constructor() {
    super()
    // While the Studio has the focus there is no active text editor: remember the one before.
    this.note(vscode.window.activeTextEditor)
    this.register(vscode.window.onDidChangeActiveTextEditor((editor) => this.note(editor)))
    this.register(vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => this.note(textEditor)))
  }

  /** @throws InklingError `studio-no-document`, `studio-document-unsaved`, `studio-document-changed`, `file-unwritable` */
  async insert(png: Uint8Array, alt: string): Promise<void> {
    const target = this.last ?? openTab()
    if (!target) throw InklingError.of('studio-no-document', {})
    const { uri } = target
    if (uri.scheme === 'untitled') throw InklingError.of('studio-document-unsaved', {})
    const document = await vscode.workspace.openTextDocument(uri)
    const name = await this.write(vscode.Uri.joinPath(uri, '..'), png, alt)
    const editor = await vscode.window.showTextDocument(document, { viewColumn: columnOf(document) ?? vscode.ViewColumn.Beside, preserveFocus: false })
    // Without a caret of ours the editor knows the one from before the reload.
    const at = document.validatePosition(target.selection?.end ?? editor.selection.end)
    if (!(await editor.edit((edit) => edit.insert(at, pictureLink(document.languageId, name, alt))))) throw InklingError.of('studio-document-changed', {})
  }

  private note(editor: vscode.TextEditor | undefined): void {
    if (editor && isForWriting(editor.document)) this.last = { uri: editor.document.uri, selection: editor.selection }
  }

  /** @returns the name that was free */
  private async write(folder: vscode.Uri, png: Uint8Array, alt: string): Promise<string> {
    const taken = new Set((await vscode.workspace.fs.readDirectory(folder)).map(([name]) => name.toLowerCase()))
    for (let number = 1; number <= most; number++) {
      const name = pictureName(alt, number)
      if (taken.has(name)) continue
      const file = vscode.Uri.joinPath(folder, name)
      try {
        await vscode.workspace.fs.writeFile(file, png)
        return name
      } catch (error) {
        throw InklingError.of('file-unwritable', { file: name, reason: reasonOf(error) }, error)
      }
    }
    throw InklingError.of('file-unwritable', { file: pictureName(alt, 1), reason: 'EEXIST' })
  }
}

/** After a reload with the Studio in front no editor has been active yet: a document that is open behind it. */
function openTab(): { readonly uri: vscode.Uri; readonly selection?: vscode.Selection } | undefined {
  const uris = vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs.flatMap(({ input }) => (input instanceof vscode.TabInputText ? [input.uri] : [])))
  const uri = uris.find(({ path }) => /\.(md|markdown|tex|rst|adoc|txt)$/i.test(path)) ?? uris[0]
  return uri && { uri }
}

/** Neither a log nor a setting nor a Git view: something a picture can be put into. */
function isForWriting(document: vscode.TextDocument): boolean {
  return !['output', 'git', 'vscode', 'vscode-settings', 'debug', 'comment'].includes(document.uri.scheme)
}

function columnOf(document: vscode.TextDocument): vscode.ViewColumn | undefined {
  const shown = vscode.window.visibleTextEditors.find((editor) => editor.document === document)?.viewColumn
  if (shown !== undefined) return shown
  const tab = vscode.window.tabGroups.all.find((group) => group.tabs.some(({ input }) => input instanceof vscode.TabInputText && input.uri.toString() === document.uri.toString()))
  return tab?.viewColumn
}
