import * as vscode from 'vscode'
import { Disposable } from '../../base/lifecycle'
import type { PageNews } from '../../gan/protocol/hostProtocol'
import { describeTraining } from './trainingView'

export type TrainingNews = Extract<PageNews, { type: 'training' }>

/** The training outside the page: an item in the status bar, and while it runs a notification that can stop it. */
export class TrainingStatus extends Disposable {
  private readonly item: vscode.StatusBarItem
  private running: { readonly report: (news: TrainingNews) => void; readonly end: () => void } | undefined

  constructor(private readonly pause: () => void) {
    super()
    this.item = this.register(vscode.window.createStatusBarItem('inkling.training', vscode.StatusBarAlignment.Right, 99))
    this.item.name = vscode.l10n.t('Inkling: Studio')
    this.item.command = 'inkling.openStudio'
    this.register({ dispose: () => this.clear() })
  }

  update(news: TrainingNews): void {
    if (news.state === 'idle') return this.clear()
    const view = describeTraining(news)
    this.item.text = `$(${view.icon}) ${view.short}`
    const detail = vscode.l10n.t(view.detail, view.facts)
    this.item.tooltip = detail
    this.item.accessibilityInformation = { label: detail, role: 'button' }
    this.item.show()
    if (news.state === 'running') (this.running ??= this.begin(news)).report(news)
    else this.endRunning()
  }

  /** The page is gone. */
  clear(): void {
    this.endRunning()
    this.item.hide()
  }

  private endRunning(): void {
    this.running?.end()
    this.running = undefined
  }

  private begin(news: TrainingNews): NonNullable<TrainingStatus['running']> {
    let shown = 0
    let report: (news: TrainingNews) => void = () => {}
    let end: () => void = () => {}
    const ended = new Promise<void>((resolve) => (end = resolve))
    void vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Training “{name}”', { name: news.name }), cancellable: true }, (progress, token) => {
      token.onCancellationRequested(() => {
        this.running = undefined
        this.pause()
        end()
      })
      report = (next) => {
        const percent = (100 * next.step) / Math.max(1, next.steps)
        const view = describeTraining(next)
        progress.report({ message: vscode.l10n.t(view.detail, view.facts), increment: Math.max(0, percent - shown) })
        shown = Math.max(shown, percent)
      }
      report(news)
      return ended
    })
    return { report: (next) => report(next), end }
  }
}
