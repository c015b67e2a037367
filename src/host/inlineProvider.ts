import * as vscode from 'vscode'
import type { Completer, Completion } from '../completion/completer'
import { explain } from '../completion/silence'
import { editOf, type Edit } from '../completion/trigger'
import { Disposable } from '../base/lifecycle'
import { documentOf } from './documentView'
import { signalOf } from './progress'
import type { Reporter } from './reporter'
import type { Snooze } from './snooze'
import type { Suggestions } from './suggestionSettings'

/** Brings the completer's answers into the editor. What to ask and what to show is decided in completion/. */
export class InlineProvider extends Disposable implements vscode.InlineCompletionItemProvider {
  /** The latest edit of each open document, and the version that it made. */
  private readonly edits = new WeakMap<vscode.TextDocument, { readonly version: number; readonly edit: Edit }>()

  constructor(
    private readonly completer: Completer,
    private readonly suggestions: Suggestions,
    private readonly snooze: Snooze,
    private readonly reporter: Reporter,
  ) {
    super()
    this.register(
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length === 0) return
        const changes = contentChanges.map((change) => ({ removedLength: change.rangeLength, inserted: change.text }))
        this.edits.set(document, { version: document.version, edit: editOf(changes) })
      }),
    )
    this.register(vscode.workspace.onDidCloseTextDocument((document) => completer.forgetDocument(document.uri.toString())))
    // Every scheme: files, untitled texts, notebook cells, the commit message.
    this.register(vscode.languages.registerInlineCompletionItemProvider({ pattern: '**' }, this))
  }

  async provideInlineCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
    context: vscode.InlineCompletionContext,
    token: vscode.CancellationToken,
  ): Promise<vscode.InlineCompletionItem[]> {
    const began = performance.now()
    const explicit = context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke
    const selected = context.selectedCompletionInfo
    const offset = document.offsetAt(position)
    try {
      const completion = await this.completer.complete(
        {
          document: documentOf(document),
          offset,
          trigger: explicit ? { kind: 'explicit' } : { kind: 'automatic', edit: this.editOf(document) },
          settings: this.suggestions.forDocument(document),
          circumstances: { snoozed: this.snooze.active, hasSelection: hasSelection(document) },
          ...(selected ? { selected: { from: document.offsetAt(selected.range.start), text: selected.text } } : {}),
        },
        signalOf(token),
      )
      this.trace(offset, completion, performance.now() - began)
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

  private editOf(document: vscode.TextDocument): Edit {
    const known = this.edits.get(document)
    return known?.version === document.version ? known.edit : 'moved'
  }

  /** Says what happened without a word of the text. */
  private trace(offset: number, completion: Completion, ms: number): void {
    const outcome = completion.kind === 'shown' ? `${completion.items.length} from ${completion.from}` : completion.reason
    const model = completion.kind === 'shown' && completion.answerMs !== undefined ? `, model ${completion.answerMs.toFixed(1)} ms` : ''
    this.reporter.trace(`suggest at ${offset}: ${outcome} in ${ms.toFixed(1)} ms${model}`)
  }
}

function hasSelection(document: vscode.TextDocument): boolean {
  const editor = vscode.window.activeTextEditor
  return editor?.document === document && editor.selections.some((selection) => !selection.isEmpty)
}
