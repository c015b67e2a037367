import * as vscode from 'vscode'
import { editOf, type Edit } from '../completion/trigger'
import { Emitter } from '../base/event'
import { Disposable } from '../base/lifecycle'

/** Something was written at one place of a document. */
export interface Typed {
  readonly document: vscode.TextDocument
  /** Behind what was written. */
  readonly offset: number
}

/** Watches what is done to the open documents. */
export class Edits extends Disposable {
  private readonly typed = this.register(new Emitter<Typed>())
  readonly onTyped = this.typed.event
  /** The latest edit of each open document, and the version that it made. */
  private readonly latest = new WeakMap<vscode.TextDocument, { readonly version: number; readonly edit: Edit }>()

  constructor() {
    super()
    this.register(vscode.workspace.onDidChangeTextDocument((event) => this.note(event)))
  }

  /** What made the document what it is now. */
  latestOf(document: vscode.TextDocument): Edit {
    const known = this.latest.get(document)
    return known?.version === document.version ? known.edit : 'moved'
  }

  private note({ document, contentChanges, reason }: vscode.TextDocumentChangeEvent): void {
    const [change, ...more] = contentChanges
    // A change of the encoding or of the dirty state changes nothing.
    if (change === undefined) return
    const edit = editOf(contentChanges.map(({ rangeLength, text }) => ({ removedLength: rangeLength, inserted: text })))
    this.latest.set(document, { version: document.version, edit })
    if (edit === 'typed' && more.length === 0 && reason === undefined) this.typed.fire({ document, offset: change.rangeOffset + change.text.length })
  }
}
