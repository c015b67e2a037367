import * as path from 'node:path'
import * as vscode from 'vscode'
import { CancelledError } from '../base/cancellation'
import { InklingError } from '../base/errors'
import { Disposable } from '../base/lifecycle'
import { blankBetween } from './blankBetween'
import { insertText } from './insertText'

/**
 * Text that grows at one place of a document while the writer may go on typing elsewhere. All of it is one undo step. What
 * comes while the document is out of view is written when it is in view again, at the latest at the end.
 */
export class StreamingInsert extends Disposable {
  private waiting = ''
  private started = false
  private flushing: Promise<void> = Promise.resolve()
  private ours = false
  private readonly document: vscode.TextDocument

  /** @param offset where to insert, in UTF-16 units */
  constructor(
    private readonly first: vscode.TextEditor,
    private offset: number,
  ) {
    super()
    this.document = first.document
    this.register(
      vscode.workspace.onDidChangeTextDocument((event) => {
        if (event.document === this.document && !this.ours) this.follow(event.contentChanges)
      }),
    )
  }

  append(text: string): void {
    this.waiting += text
    this.flushing = this.flushing.then(() => this.flush())
    // Whoever awaits `finish` hears of the failure.
    this.flushing.catch(() => undefined)
  }

  /** Writes what is left and puts the caret behind it. */
  async finish(): Promise<void> {
    await this.writeAll()
    if (!this.started) return
    this.append(this.blankBehind())
    await this.writeAll()
    const { editor } = this
    if (editor === undefined) return
    const end = this.document.positionAt(this.offset)
    await editor.edit(() => {}, { undoStopBefore: false, undoStopAfter: true })
    editor.selection = new vscode.Selection(end, end)
    editor.revealRange(new vscode.Range(end, end))
  }

  /** One that shows the document. An editor that another document has covered takes no edits any more. */
  private get editor(): vscode.TextEditor | undefined {
    const { visibleTextEditors } = vscode.window
    return visibleTextEditors.includes(this.first) ? this.first : visibleTextEditors.find(({ document }) => document === this.document)
  }

  private blankBehind(): string {
    const { document } = this
    const around = (from: number, to: number): string => document.getText(new vscode.Range(document.positionAt(from), document.positionAt(to)))
    return blankBetween(around(this.offset - 1, this.offset), around(this.offset, this.offset + 1))
  }

  private async writeAll(): Promise<void> {
    await this.flushing
    if (this.waiting !== '') await this.write((at, text) => insertUnseen(this.document, at, text))
  }

  private async flush(): Promise<void> {
    const { editor } = this
    if (this.waiting === '' || editor === undefined) return
    try {
      await this.write((at, text) => insertText(editor, at, text, { undoStopBefore: !this.started, undoStopAfter: false }))
    } catch (error) {
      // Where it was covered in this very moment, the text goes on waiting.
      if (this.editor === editor) throw error
    }
  }

  /** @param insert whether it was taken */
  private async write(insert: (at: vscode.Position, text: string) => Promise<boolean>): Promise<void> {
    const text = this.waiting
    this.waiting = ''
    // An edit is refused when the document changed under it: the place has moved, so try again there.
    for (let attempt = 0; attempt < 3; attempt++) {
      if (this.isDisposed || this.document.isClosed) throw new CancelledError()
      this.ours = true
      try {
        if (await insert(this.document.positionAt(this.offset), text)) {
          this.started = true
          this.offset += text.length
          return
        }
      } catch (error) {
        this.waiting = text + this.waiting
        throw error
      } finally {
        this.ours = false
      }
    }
    throw InklingError.of('document-refused', { file: path.basename(this.document.fileName) })
  }

  private follow(changes: readonly vscode.TextDocumentContentChangeEvent[]): void {
    for (const change of changes) {
      if (change.rangeOffset + change.rangeLength <= this.offset) this.offset += change.text.length - change.rangeLength
    }
  }
}

async function insertUnseen({ uri }: vscode.TextDocument, at: vscode.Position, text: string): Promise<boolean> {
  const edit = new vscode.WorkspaceEdit()
  edit.insert(uri, at, text)
  return vscode.workspace.applyEdit(edit)
}
