import * as vscode from 'vscode'
import { Disposable } from '../base/lifecycle'
import { statusView, type StatusInput } from './statusView'

/** A change shorter than this is not shown: a suggestion takes a blink, and a flickering item draws the eye. */
const settleMs = 150

/** The item at the bottom of the window; a click opens the menu. */
export class StatusBar extends Disposable {
  private readonly item: vscode.StatusBarItem
  private shown = ''
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly read: () => StatusInput) {
    super()
    this.item = this.register(vscode.window.createStatusBarItem('inkling.status', vscode.StatusBarAlignment.Right, 100))
    this.item.name = 'Inkling'
    this.item.command = 'inkling.showStatus'
    this.register({ dispose: () => clearTimeout(this.timer) })
    this.render()
    this.item.show()
  }

  /** Something that the item speaks about may have changed. */
  update(): void {
    if (this.timer !== undefined) return
    this.timer = setTimeout(() => {
      this.timer = undefined
      this.render()
    }, settleMs)
  }

  private render(): void {
    const input = this.read()
    const view = statusView(input)
    const { server } = input
    const leaves = server === undefined ? '' : ` ${vscode.l10n.t('Your text is sent to {host}.', { host: server })}`
    const detail = vscode.l10n.t(view.detail, view.facts) + leaves
    const key = `${view.icon}|${view.text}|${server}|${detail}`
    if (key === this.shown) return
    this.shown = key
    this.item.text = `$(${view.icon}) ${view.text}${server === undefined ? '' : ` $(arrow-right) ${server}`}`
    this.item.tooltip = `Inkling: ${detail}`
    this.item.accessibilityInformation = { label: `Inkling: ${detail}`, role: 'button' }
    const background = view.kind === 'error' ? 'statusBarItem.errorBackground' : server === undefined ? undefined : 'statusBarItem.warningBackground'
    this.item.backgroundColor = background === undefined ? undefined : new vscode.ThemeColor(background)
  }
}
