import * as path from 'node:path'
import * as vscode from 'vscode'
import { CancelledError } from '../base/cancellation'
import { InklingError } from '../base/errors'
import { Disposable } from '../base/lifecycle'
import { blankBetween } from './blankBetween'
import { insertText } from './insertText'

/**
 * Text that grows at one place of a document while the writer may go on typing elsewhere. All of it is one undo step.
 */
export class StreamingInsert extends Disposable {
  private waiting = ''
  private started = false
  private flushing: Promise<void> = Promise.resolve()
  private ours = false

  /** @param offset where to insert, in UTF-16 units */
  constructor(
    private readonly editor: vscode.TextEditor,
    private offset: number,
  ) {
    super()
    this.register(
      vscode.workspace.onDidChangeTextDocument((event) => {
        if (event.document === editor.document && !this.ours) this.follow(event.contentChanges)
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
    await this.flushing
    if (this.started) {
      this.append(this.blankBehind())
      await this.flushing
      const end = this.editor.document.positionAt(this.offset)
      await this.editor.edit(() => {}, { undoStopBefore: false, undoStopAfter: true })
      this.editor.selection = new vscode.Selection(end, end)
      this.editor.revealRange(new vscode.Range(end, end))
    }
  }

  private blankBehind(): string {
    const { document } = this.editor
    const around = (from: number, to: number): string => document.getText(new vscode.Range(document.positionAt(from), document.positionAt(to)))
    return blankBetween(around(this.offset - 1, this.offset), around(this.offset, this.offset + 1))
  }

  private async flush(): Promise<void> {
    const text = this.waiting
    if (text === '') return
    this.waiting = ''
    // An edit is refused when the document changed under it: the place has moved, so try again there.
    for (let attempt = 0; attempt < 3; attempt++) {
      if (this.isDisposed || this.editor.document.isClosed) throw new CancelledError()
      const at = this.editor.document.positionAt(this.offset)
      this.ours = true
      try {
        if (await insertText(this.editor, at, text, { undoStopBefore: !this.started, undoStopAfter: false })) {
          this.started = true
          this.offset += text.length
          return
        }
      } finally {
        this.ours = false
      }
    }
    throw InklingError.of('document-refused', { file: path.basename(this.editor.document.fileName) })
  }

  private follow(changes: readonly vscode.TextDocumentContentChangeEvent[]): void {
    for (const change of changes) {
      if (change.rangeOffset + change.rangeLength <= this.offset) this.offset += change.text.length - change.rangeLength
    }
  }
}
