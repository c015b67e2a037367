import * as vscode from 'vscode'
import { Disposable, MutableDisposable, toDisposable, type IDisposable } from '../base/lifecycle'
import { documentToBe } from './documentToBe'
import type { WritingEngine } from './engineHost'
import type { Reporter } from './reporter'
import type { ServerChoice } from './server/serverChoice'
import type { Settings } from './settings'
import type { Suggestions } from './suggestionSettings'

/** A caret that stays for so long is where somebody reads or is about to write. */
const restMs = 50

/**
 * Loads the model when a document that will want suggestions comes into view, or its tab opens, and lets it read the text
 * before the caret, so that the first suggestion is as quick as the rest. A server is sent nothing before somebody writes.
 */
export class WarmUp extends Disposable {
  private readonly rest = this.register(new MutableDisposable<IDisposable>())
  /** The editor in view, as long as nothing in it was read. */
  private unread: vscode.TextEditor | undefined

  /**
   * @param expectReading told that there will be something to read in a moment
   * @param read lets the model read what is before the caret; whether there was something to read
   */
  constructor(
    private readonly engine: WritingEngine,
    private readonly suggestions: Suggestions,
    private readonly reporter: Reporter,
    private readonly server: Pick<ServerChoice, 'spec'>,
    settings: Settings,
    private readonly expectReading: () => void,
    private readonly read: (editor: vscode.TextEditor) => Promise<boolean>,
  ) {
    super()
    this.register(vscode.window.tabGroups.onDidChangeTabs(({ opened, changed }) => [...opened, ...changed].forEach((tab) => this.expect(tab))))
    this.register(vscode.window.onDidChangeActiveTextEditor(() => this.warm()))
    this.register(settings.onChange(() => this.warm()))
    // Whoever opens a document to go on with it goes to a place in it first.
    this.register(vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => textEditor === this.unread && this.readSoon(textEditor)))
    // Somebody who writes is answered anyway.
    this.register(vscode.workspace.onDidChangeTextDocument(({ document }) => document === this.unread?.document && this.stopReading()))
    // A model that is not there is told of when it is wanted.
    engine.lookUp().catch(() => {})
    // A window that begins with a document has enough to do.
    this.warm(false)
  }

  /** Loads the model while the editor reads the document. */
  private expect(tab: vscode.Tab): void {
    if (!tab.isActive || this.engine.contextLength !== undefined || this.server.spec !== undefined) return
    const document = documentToBe(tab)
    if (document === undefined || this.suggestions.mode(document) !== 'on') return
    // What goes wrong is told when the document is there.
    this.engine.warm(document.languageId).catch(() => {})
    this.expectReading()
  }

  /** @param isCold whether it reads in this very moment: before others load what they need for the document, which holds this thread */
  private warm(isCold = this.engine.contextLength === undefined): void {
    this.stopReading()
    const editor = vscode.window.activeTextEditor
    if (!editor || this.suggestions.mode(editor.document) !== 'on') return
    this.engine.warm(editor.document.languageId).catch((error: unknown) => this.reporter.tellOnce(error))
    if (this.server.spec !== undefined) return
    this.unread = editor
    if (isCold) void this.readNow(editor)
    else this.readSoon(editor)
  }

  private stopReading(): void {
    this.rest.clear()
    this.unread = undefined
  }

  private readSoon(editor: vscode.TextEditor): void {
    const timer = setTimeout(() => void this.readNow(editor), restMs)
    this.rest.value = toDisposable(() => clearTimeout(timer))
  }

  private async readNow(editor: vscode.TextEditor): Promise<void> {
    const hasRead = await this.read(editor)
    if (hasRead && this.unread === editor) this.unread = undefined
  }
}
