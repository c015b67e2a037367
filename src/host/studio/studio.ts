import { randomBytes } from 'node:crypto'
import * as vscode from 'vscode'
import { isRecord, own } from '../../base/json'
import { Disposable, MutableDisposable } from '../../base/lifecycle'
import { isRunId } from '../../gan/runs'
import type { Reporter } from '../reporter'
import { hostCalls } from './hostCalls'
import { PictureInserter } from './insertPicture'
import { StudioMemory } from './memory'
import { RunStore } from './runStore'
import { panelOptions, StudioPanel, studioViewType } from './studioPanel'
import { TrainingStatus } from './trainingStatus'

/** The Studio: one panel at most, which comes back after a reload with the run that it showed. */
export class Studio extends Disposable implements vscode.WebviewPanelSerializer {
  private readonly root: vscode.Uri
  private readonly store: RunStore
  private readonly memory: StudioMemory
  private readonly pictures = this.register(new PictureInserter())
  private readonly panel = this.register(new MutableDisposable<StudioPanel>())
  private readonly status = this.register(new TrainingStatus(() => this.panel.value?.tell({ type: 'control', action: 'pause' })))

  constructor(
    context: vscode.ExtensionContext,
    private readonly reporter: Reporter,
  ) {
    super()
    this.root = vscode.Uri.joinPath(context.extensionUri, 'dist', 'studio')
    this.memory = new StudioMemory(context.globalState)
    this.store = new RunStore(vscode.Uri.joinPath(context.globalStorageUri, 'studio', 'runs').fsPath, { now: () => Date.now(), unique: () => randomBytes(3).toString('hex') })
    this.register(vscode.window.registerWebviewPanelSerializer(studioViewType, this))
  }

  /** Opens the panel, or shows the one that is open. */
  open(): void {
    if (this.panel.value) return this.panel.value.reveal()
    const panel = vscode.window.createWebviewPanel(studioViewType, vscode.l10n.t('Inkling Studio'), vscode.ViewColumn.Active, panelOptions(this.root))
    this.show(panel, this.memory.read().openRun)
  }

  /** The training may be controlled from the palette too. */
  control(action: 'run' | 'pause'): void {
    this.open()
    this.panel.value?.tell({ type: 'control', action })
  }

  /** @param state what the page kept by `setState`: anything */
  async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    panel.webview.options = panelOptions(this.root)
    const run = isRecord(state) ? own(state, 'run') : undefined
    this.show(panel, isRunId(run) ? run : undefined)
  }

  private show(panel: vscode.WebviewPanel, restore: string | undefined): void {
    const handlers = hostCalls({ store: this.store, memory: this.memory, pictures: this.pictures, restore })
    const shown = new StudioPanel(panel, this.root, handlers, this.reporter, (news) => this.status.update(news))
    this.panel.value = shown
    shown.onClosed(() => {
      if (this.panel.value !== shown) return
      this.status.clear()
      this.panel.clear()
    })
  }
}
