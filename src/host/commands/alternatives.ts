import * as path from 'node:path'
import * as vscode from 'vscode'
import { CancelledError } from '../../base/cancellation'
import { InklingError } from '../../base/errors'
import { MutableDisposable, toDisposable, type IDisposable } from '../../base/lifecycle'
import { blankBetween } from '../blankBetween'
import type { WritingEngine } from '../engineHost'
import { insertText } from '../insertText'
import type { Settings } from '../settings'
import { leadingSpaceDropper, preparePrompt, samplingFrom, textBefore } from './generation'

/** About a sentence each: enough to choose by, quick enough to wait for. */
const tokensEach = 32

/** Rows grow so often: a move of the cursor and new rows that cross on their way would cancel each other. */
const growMs = 200

/** Offers several continuations in a picker; the one under the cursor is seen in place before it is taken. */
export async function showAlternatives(engine: WritingEngine, settings: Settings): Promise<void> {
  const editor = vscode.window.activeTextEditor
  if (!editor) return
  const caret = editor.selection.active
  const { prompt, dropLeadingSpace } = preparePrompt(textBefore(editor.document, caret))
  if (prompt.trim() === '') throw InklingError.of('prompt-empty', {})

  const count = settings.get('alternatives', editor.document)
  const texts: string[] = Array.from({ length: count }, () => '')
  const droppers = texts.map(() => leadingSpaceDropper(dropLeadingSpace))
  const preview = new Preview(editor, caret)
  const picker = vscode.window.createQuickPick<Row>()
  const controller = new AbortController()
  picker.title = vscode.l10n.t('Continue with')
  picker.placeholder = vscode.l10n.t('The chosen continuation is shown in the text; Enter takes it.')
  picker.busy = true

  const refresh = (): void => {
    const active = picker.items.findIndex((item) => item === picker.activeItems[0])
    picker.items = [...new Set(texts.map((text) => text.trimEnd()))].filter((text) => text.trim() !== '').map(rowOf)
    // New rows put the cursor on the first; it stays where the writer has moved it.
    const kept = picker.items[Math.max(0, active)]
    if (!kept) return
    picker.activeItems = [kept]
    preview.show(kept.text)
  }

  const soon = new MutableDisposable<IDisposable>()
  const refreshSoon = (): void => {
    if (soon.value !== undefined) return
    const timer = setTimeout(() => (soon.clear(), refresh()), growMs)
    soon.value = toDisposable(() => clearTimeout(timer))
  }

  /** A move of the cursor and new rows may have crossed all the same: then another row is marked than the text shows. */
  const settle = (): void => {
    soon.clear()
    refresh()
    picker.busy = false
  }

  const generated = engine.call('generate', {
    prompt,
    maxNewTokens: tokensEach,
    sequences: count,
    sampling: alwaysSampled(settings, editor.document),
    stop: ['\n'],
    endWithSentence: true,
  }, {
    signal: controller.signal,
    languageId: editor.document.languageId,
    onPartial: ({ sequence, text }) => {
      texts[sequence] += droppers[sequence]?.(text) ?? text
      refreshSoon()
    },
  })

  try {
    const chosen = new Promise<string | undefined>((resolve, reject) => {
      picker.onDidChangeActive(([item]) => item && preview.show(item.text))
      picker.onDidAccept(() => resolve(picker.activeItems[0]?.text))
      picker.onDidHide(() => resolve(undefined))
      generated.then(settle, reject)
    })
    picker.show()
    const text = await chosen
    if (text === undefined) throw new CancelledError()
    preview.dispose()
    const after = editor.document.lineAt(caret.line).text.slice(caret.character)
    if (!(await insertText(editor, caret, text + blankBetween(text, after)))) throw InklingError.of('document-refused', { file: path.basename(editor.document.fileName) })
  } finally {
    controller.abort()
    soon.dispose()
    // A cancelled generation has been heard of above or is not wanted any more.
    generated.catch(() => undefined)
    preview.dispose()
    picker.dispose()
  }
}

interface Row extends vscode.QuickPickItem {
  readonly text: string
}

/** A row shows about so many characters before it is cut. */
const rowLength = 72

/** The beginning in the first line of the row, the rest in the second. */
function rowOf(text: string): Row {
  const words = text.trim().replace(/\s+/g, ' ')
  const cut = cutAt(words)
  const rest = words.slice(cut).trim()
  return { label: words.slice(0, cut), ...(rest === '' ? {} : { detail: rest }), alwaysShow: true, text }
}

/** Where a text that is too long for a row is cut: between two words, if it has any. */
function cutAt(text: string): number {
  if (text.length <= rowLength) return text.length
  const space = text.lastIndexOf(' ', rowLength)
  return space > 0 ? space : rowLength
}

/** Greedy settings would give the same text several times. */
function alwaysSampled(settings: Settings, document: vscode.TextDocument): ReturnType<typeof samplingFrom> {
  const sampling = samplingFrom(settings, document)
  if (sampling.kind === 'sample') return sampling
  return { kind: 'sample', temperature: 0.8, topK: 50, topP: 1, repetitionPenalty: sampling.repetitionPenalty, seed: Math.floor(Math.random() * 2 ** 32) }
}

/** What is drawn into a line is not wrapped: more would be out of sight, and the row of the picker has the rest. */
function beginningOf(text: string): string {
  const cut = cutAt(text)
  return cut === text.length ? text : `${text.slice(0, cut).trimEnd()} …`
}

/** A text shown at a place as if it stood there, without changing the document. */
class Preview {
  private readonly decoration = new MutableDisposable<vscode.TextEditorDecorationType>()

  constructor(
    private readonly editor: vscode.TextEditor,
    private readonly at: vscode.Position,
  ) {}

  show(text: string): void {
    const type = vscode.window.createTextEditorDecorationType({
      after: { contentText: beginningOf(text), color: new vscode.ThemeColor('editorGhostText.foreground'), fontStyle: 'italic' },
    })
    this.decoration.value = type
    this.editor.setDecorations(type, [new vscode.Range(this.at, this.at)])
  }

  dispose(): void {
    this.decoration.clear()
  }
}
