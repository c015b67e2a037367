import * as vscode from 'vscode'
import type { Completer, Completion, CompletionQuery } from '../completion/completer'
import { explain } from '../completion/silence'
import type { Later } from '../base/later'
import { Disposable, MutableDisposable, toDisposable, type IDisposable } from '../base/lifecycle'
import { documentOf } from './documentView'
import { Edits, type Typed } from './edits'
import { signalOf } from './progress'
import type { Reporter } from './reporter'
import type { Settings } from './settings'
import type { Snooze } from './snooze'
import type { Suggestions } from './suggestionSettings'

/**
 * Brings the completer's answers into the editor. What to ask and what to show is decided in completion/.
 *
 * The editor waits for 50 ms behind a key before it asks its providers, and an extension cannot change that. The model
 * need not wait: it is asked as soon as the change is known, and its answer is there, or nearly, when the editor asks.
 */
export class InlineProvider extends Disposable implements vscode.InlineCompletionItemProvider {
  private readonly edits = this.register(new Edits())
  private readonly anticipated = this.register(new MutableDisposable<IDisposable>())

  constructor(
    private readonly completer: Later<Completer>,
    private readonly suggestions: Suggestions,
    private readonly settings: Pick<Settings, 'editorSuggests'>,
    private readonly snooze: Snooze,
    private readonly reporter: Reporter,
  ) {
    super()
    this.register(this.edits.onTyped((typed) => void this.anticipate(typed)))
    // What is not in view any more is not worth computing.
    this.register(vscode.window.onDidChangeActiveTextEditor(() => (this.anticipated.clear(), this.completer.now?.drop())))
    this.register(vscode.workspace.onDidCloseTextDocument((document) => completer.now?.forgetDocument(document.uri.toString())))
    // Every scheme: files, untitled texts, notebook cells, the commit message.
    this.register(vscode.languages.registerInlineCompletionItemProvider({ pattern: '**' }, this))
  }

  async provideInlineCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
    context: vscode.InlineCompletionContext,
    token: vscode.CancellationToken,
  ): Promise<vscode.InlineCompletionItem[]> {
    const explicit = context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke
    const selected = context.selectedCompletionInfo
    try {
      const completion = await this.complete('suggest', {
        ...this.query(document, document.offsetAt(position)),
        trigger: explicit ? { kind: 'explicit' } : { kind: 'automatic', edit: this.edits.latestOf(document) },
        ...(selected ? { selected: { from: document.offsetAt(selected.range.start), text: selected.text } } : {}),
      }, document.version, signalOf(token))
      if (completion.kind === 'silent') {
        if (explicit && completion.reason !== 'cancelled') vscode.window.setStatusBarMessage(`Inkling: ${vscode.l10n.t(explain(completion.reason))}`, 4000)
        return []
      }
      const range = selected ? selected.range : new vscode.Range(position, position)
      return completion.items.map((item) => new vscode.InlineCompletionItem(item.text, range))
    } catch (error) {
      if (explicit) this.reporter.tell(error)
      else this.reporter.tellOnce(error)
      return []
    }
  }

  /** What is suggested at a place, if that is known without asking the model. */
  async remembered(document: vscode.TextDocument, position: vscode.Position): Promise<string | undefined> {
    const query = { ...this.query(document, document.offsetAt(position)), trigger: { kind: 'automatic', edit: 'moved' } } as const
    const completion = await (await this.completer.get()).complete(query, new AbortController().signal)
    return completion.kind === 'shown' ? completion.items[0]?.text : undefined
  }

  /** Loads what reading takes: in the moment in which a document opens, it would take its turn behind what others load. */
  expectReading(): void {
    this.completer.get().catch((error: unknown) => this.reporter.tellOnce(error))
  }

  /**
   * Lets the model read the text before the caret of an editor in view, or all of it where the caret stands at its beginning:
   * so documents open, and mostly it is their end that somebody goes to then. First a little of it, so that there is an
   * answer soon.
   * @returns whether there was a place for a suggestion at the caret
   */
  async readAhead(editor: vscode.TextEditor): Promise<boolean> {
    const { document, selection } = editor
    if (vscode.window.activeTextEditor !== editor || !this.settings.editorSuggests(document)) return false
    const caret = document.offsetAt(selection.active)
    const signal = this.anticipating()
    const offset = caret === 0 ? document.offsetAt(document.lineAt(document.lineCount - 1).range.end) : caret
    const completion = await this.prepare(document, offset, signal, 'little')
    if (caret > 0 && !signal.aborted) void this.prepare(document, offset, signal, 'rest')
    return caret > 0 && completion !== undefined && (completion.kind === 'shown' || completion.answerMs !== undefined)
  }

  /** Asks the model for what the editor is about to ask for. */
  private async anticipate({ document, offset }: Typed): Promise<void> {
    if (vscode.window.activeTextEditor?.document !== document || !this.settings.editorSuggests(document)) return
    this.completer.now?.keyPressed()
    this.reporter.trace(`changed to version ${document.version}`)
    await this.prepare(document, offset, this.anticipating())
  }

  /** What is asked ahead from now on, and what was before is not any more. */
  private anticipating(): AbortSignal {
    const controller = new AbortController()
    this.anticipated.value = toDisposable(() => controller.abort())
    return controller.signal
  }

  private async prepare(document: vscode.TextDocument, offset: number, signal: AbortSignal, reading?: CompletionQuery['reading']): Promise<Completion | undefined> {
    try {
      return await this.complete('prepare', { ...this.query(document, offset), ...(reading && { reading }) }, document.version, signal)
    } catch (error) {
      this.reporter.tellOnce(error)
      return undefined
    }
  }

  private async complete(purpose: 'suggest' | 'prepare', query: CompletionQuery, version: number, signal: AbortSignal): Promise<Completion> {
    const began = performance.now()
    const completer = this.completer.now ?? (await this.completer.get())
    const completion = await completer.complete(query, signal)
    // Says what happened without a word of the text.
    const outcome = completion.kind === 'shown' ? `${completion.items.length} from ${completion.from}` : completion.reason
    const model = completion.answerMs === undefined ? '' : `, model ${completion.answerMs.toFixed(1)} ms`
    this.reporter.trace(`${purpose} for version ${version}: ${outcome} in ${(performance.now() - began).toFixed(1)} ms${model}`)
    return completion
  }

  private query(document: vscode.TextDocument, offset: number): CompletionQuery {
    return {
      document: documentOf(document),
      offset,
      trigger: { kind: 'automatic', edit: 'typed' },
      settings: this.suggestions.forDocument(document),
      circumstances: { snoozed: this.snooze.active, hasSelection: hasSelection(document) },
    }
  }
}

function hasSelection(document: vscode.TextDocument): boolean {
  const editor = vscode.window.activeTextEditor
  return editor?.document === document && editor.selections.some((selection) => !selection.isEmpty)
}
