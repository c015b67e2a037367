import { randomBytes } from 'node:crypto'
import * as path from 'node:path'
import * as vscode from 'vscode'
import { isRecord, own } from '../../base/json'
import { Disposable, MutableDisposable } from '../../base/lifecycle'
import { forkChild } from '../../engine/fork'
import type { HostNews } from '../../gan/protocol/hostProtocol'
import { isRunId } from '../../gan/runs'
import type { Reporter } from '../reporter'
import { hostCalls } from './hostCalls'
import { PictureInserter } from './insertPicture'
import { StudioMemory } from './memory'
import { NativeTrainer } from './nativeTrainer'
import { OwnPictures } from './ownPictures'
import { RunStore } from './runStore'
import { studioViewType } from './studioDoor'
import { panelOptions, StudioPanel } from './studioPanel'
import { TrainingStatus } from './trainingStatus'

/** The Studio: one panel at most, which comes back after a reload with the run that it showed. */
export class Studio extends Disposable {
  private readonly root: vscode.Uri
  private readonly store: RunStore
  private readonly memory: StudioMemory
  private readonly pictures = this.register(new PictureInserter())
  /** That of the open panel, and those of closed ones that still write their last checkpoint. */
  private readonly trainers = new Set<NativeTrainer>()
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
    this.register({ dispose: () => this.trainers.forEach((trainer) => trainer.dispose()) })
  }

  /** Opens the panel, or shows the one that is open. */
  open(): void {
    if (this.panel.value) return this.panel.value.reveal()
    const panel = vscode.window.createWebviewPanel(studioViewType, vscode.l10n.t('Inkling Studio'), vscode.ViewColumn.Active, panelOptions(this.root))
    this.show(panel, this.memory.read().openRun)
  }

  /** Opens the panel if need be. */
  control(action: 'run' | 'pause'): void {
    this.open()
    this.panel.value?.tell({ type: 'control', action })
  }

  /** A panel that comes back after a reload. @param state what the page kept by `setState`: anything */
  restore(panel: vscode.WebviewPanel, state: unknown): void {
    panel.webview.options = panelOptions(this.root)
    const run = isRecord(state) ? own(state, 'run') : undefined
    this.show(panel, isRunId(run) ? run : undefined)
  }

  private show(panel: vscode.WebviewPanel, restore: string | undefined): void {
    const trainer = this.newTrainer((news) => shown.tell(news))
    const own = new OwnPictures()
    const handlers = hostCalls({ store: this.store, memory: this.memory, pictures: this.pictures, own, trainer, restore })
    const shown = new StudioPanel(panel, this.root, handlers, this.reporter, (news) => this.status.update(news))
    this.panel.value = shown
    shown.onClosed(() => {
      own.dispose()
      void this.endTrainer(trainer)
      if (this.panel.value !== shown) return
      this.status.clear()
      this.panel.clear()
    })
  }

  private newTrainer(tell: (news: HostNews) => void): NativeTrainer {
    const script = path.join(this.root.fsPath, '../trainer.js')
    const trainer = new NativeTrainer((listener) => forkChild({ script, args: [this.root.fsPath] }, listener), this.store, tell, (text) => this.reporter.info(`Trainer: ${text}`))
    this.trainers.add(trainer)
    return trainer
  }

  private async endTrainer(trainer: NativeTrainer): Promise<void> {
    await trainer.end()
    trainer.dispose()
    this.trainers.delete(trainer)
  }
}
