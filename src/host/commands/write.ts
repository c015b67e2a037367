import * as vscode from 'vscode'
import { InklingError } from '../../base/errors'
import { Disposable } from '../../base/lifecycle'
import type { WritingEngine } from '../engineHost'
import { runCancellable } from '../progress'
import type { Settings } from '../settings'
import { StreamingInsert } from '../streamingInsert'
import { leadingSpaceDropper, preparePrompt, samplingFrom, textBefore } from './generation'

/** The commands that stream text into a document. At most one writes at a time; starting another stops it. */
export class WriteCommands extends Disposable {
  private running: AbortController | undefined

  constructor(
    private readonly engine: WritingEngine,
    private readonly settings: Settings,
  ) {
    super()
    this.register({ dispose: () => this.stop() })
  }

  stop(): void {
    this.running?.abort()
  }

  /** Goes on at the caret of the active editor. */
  async continueWriting(): Promise<void> {
    const editor = vscode.window.activeTextEditor
    if (!editor) return
    const caret = editor.selection.end
    await this.stream(editor, editor.document.offsetAt(caret), textBefore(editor.document, caret), vscode.l10n.t('Inkling continues the text'))
  }

  /** Asks for a prompt and shows it with its continuation in a new document beside. */
  async generateFromPrompt(): Promise<void> {
    const prompt = await vscode.window.showInputBox({
      title: vscode.l10n.t('Generate from a Prompt'),
      prompt: vscode.l10n.t('The beginning of a text. Inkling goes on from there.'),
      value: 'Artificial intelligence is revolutionizing',
      validateInput: (value) => (value.trim() === '' ? vscode.l10n.t('Type at least one word.') : undefined),
    })
    if (prompt !== undefined) await this.generateBeside(prompt)
  }

  /** Takes the selected text as the prompt. */
  async generateFromSelection(): Promise<void> {
    const editor = vscode.window.activeTextEditor
    if (!editor) return
    const selected = editor.document.getText(editor.selection)
    if (selected.trim() === '') throw InklingError.of('selection-empty', {})
    await this.generateBeside(selected)
  }

  private async generateBeside(prompt: string): Promise<void> {
    const document = await vscode.workspace.openTextDocument({ language: 'markdown', content: prompt })
    const editor = await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Beside, preview: false })
    await this.stream(editor, document.getText().length, prompt, vscode.l10n.t('Inkling writes from the prompt'))
  }

  private async stream(editor: vscode.TextEditor, offset: number, before: string, title: string): Promise<void> {
    const { prompt, dropLeadingSpace } = preparePrompt(before)
    if (prompt.trim() === '') throw InklingError.of('prompt-empty', {})
    this.stop()
    const controller = new AbortController()
    this.running = controller
    const insert = new StreamingInsert(editor, offset)
    const drop = leadingSpaceDropper(dropLeadingSpace)
    await vscode.commands.executeCommand('setContext', 'inkling.writing', true)
    try {
      await runCancellable(title, (signal) =>
        this.engine.generate({
          prompt,
          maxNewTokens: this.settings.get('maxNewTokens', editor.document),
          sequences: 1,
          sampling: samplingFrom(this.settings, editor.document),
          stop: [],
          endWithSentence: true,
        }, { signal, languageId: editor.document.languageId, onPartial: ({ text }) => insert.append(drop(text)) }),
      controller)
    } finally {
      // What was written before a stop stays: one undo removes it.
      await insert.finish().finally(() => insert.dispose())
      if (this.running === controller) {
        this.running = undefined
        await vscode.commands.executeCommand('setContext', 'inkling.writing', false)
      }
    }
  }
}
