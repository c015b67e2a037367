import { randomBytes } from 'node:crypto'
import * as vscode from 'vscode'
import { assertNever } from '../../base/assertNever'
import { Disposable } from '../../base/lifecycle'
import { answerCall, type Handlers } from '../../gan/protocol/calls'
import { isFromPage, type HostCalls, type HostNews, type PageNews, type ToPage } from '../../gan/protocol/hostProtocol'
import type { Reporter } from '../reporter'
import { studioHtml } from './studioHtml'

/** The options of every Studio panel, new or brought back: only the bundle's folder can be read from the page. */
export function panelOptions(root: vscode.Uri): vscode.WebviewPanelOptions & vscode.WebviewOptions {
  // A hidden panel must go on training, so its page is kept.
  return { enableScripts: true, retainContextWhenHidden: true, localResourceRoots: [root], enableFindWidget: false }
}

/** One panel and its page: checks what comes, answers calls, passes news on. */
export class StudioPanel extends Disposable {
  constructor(
    private readonly panel: vscode.WebviewPanel,
    root: vscode.Uri,
    private readonly handlers: Handlers<HostCalls>,
    private readonly reporter: Reporter,
    private readonly onNews: (news: Extract<PageNews, { type: 'training' }>) => void,
  ) {
    super()
    this.register(panel)
    this.register(panel.webview.onDidReceiveMessage((message: unknown) => void this.receive(message)))
    panel.iconPath = { light: vscode.Uri.joinPath(root, '../../media/studio-tab-light.svg'), dark: vscode.Uri.joinPath(root, '../../media/studio-tab-dark.svg') }
    panel.webview.html = studioHtml(
      { root: panel.webview.asWebviewUri(root).toString(), cspSource: panel.webview.cspSource },
      randomBytes(16).toString('base64'),
      vscode.env.language,
    )
  }

  get onClosed(): vscode.Event<void> {
    return this.panel.onDidDispose
  }

  reveal(): void {
    this.panel.reveal()
  }

  tell(news: HostNews): void {
    this.post(news)
  }

  private async receive(message: unknown): Promise<void> {
    if (!isFromPage(message)) {
      this.reporter.warn('The Studio’s page sent a message that is not of the protocol; it was ignored.')
      return
    }
    switch (message.type) {
      case 'call':
        return this.post(await answerCall(this.handlers, message))
      case 'training':
        return this.onNews(message)
      case 'log':
        return message.level === 'error' ? this.reporter.warn(`Studio: ${message.text}`) : this.reporter.info(`Studio: ${message.text}`)
      default:
        return assertNever(message)
    }
  }

  private post(message: ToPage): void {
    if (!this.isDisposed) void this.panel.webview.postMessage(message)
  }
}
