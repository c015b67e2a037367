import { appendFileSync } from 'node:fs'
import * as vscode from 'vscode'
import { toInklingError, type InklingError, type Remedy } from '../base/errors'
import { isCancelled } from '../base/cancellation'
import { Disposable } from '../base/lifecycle'

/** Where failures go: the log gets everything, the writer one sentence with a button that mends it. */
export class Reporter extends Disposable {
  private readonly channel = this.register(vscode.window.createOutputChannel('Inkling', { log: true }))
  private readonly toldOnce = new Set<string>()

  /** @param traceFile where timings are noted besides the log */
  constructor(private readonly traceFile: string | undefined) {
    super()
  }

  info(text: string): void {
    this.channel.info(text)
  }

  /**
   * For timings; seen when the log level of the channel is set to Trace, and by benchmarks in a file of their own, where
   * the time of day in milliseconds stands before each line.
   */
  trace(text: string): void {
    this.channel.trace(text)
    if (this.traceFile !== undefined) appendFileSync(this.traceFile, `${(performance.timeOrigin + performance.now()).toFixed(2)} ${text}\n`)
  }

  warn(text: string): void {
    this.channel.warn(text)
  }

  show(): void {
    this.channel.show()
  }

  /** Tells the writer. A cancellation is what the writer wanted and says nothing. */
  tell(error: unknown): void {
    if (isCancelled(error)) return
    const known = this.record(error)
    void this.offer(known)
  }

  /** As `tell`, but the same message only once per window: for what happens while typing. */
  tellOnce(error: unknown): void {
    if (isCancelled(error)) return
    const known = this.record(error)
    if (this.toldOnce.has(known.message)) return
    this.toldOnce.add(known.message)
    void this.offer(known)
  }

  private record(error: unknown): InklingError {
    const known = toInklingError(error)
    const cause = known.cause instanceof Error ? known.cause : error instanceof Error && error !== known ? error : undefined
    this.channel.error(`[${known.code}] ${known.message}${cause?.stack ? `\n${cause.stack}` : ''}`)
    return known
  }

  private async offer(error: InklingError): Promise<void> {
    const { remedy } = error
    const message = vscode.l10n.t(error.template, error.facts)
    if (remedy.kind === 'advice') {
      await vscode.window.showErrorMessage(`${message} ${vscode.l10n.t(remedy.hint)}`)
      return
    }
    const title = vscode.l10n.t(remedy.title)
    if ((await vscode.window.showErrorMessage(message, title)) === title) await apply(remedy)
  }
}

async function apply(remedy: Exclude<Remedy, { kind: 'advice' }>): Promise<void> {
  if (remedy.kind === 'command') await vscode.commands.executeCommand(remedy.command)
  else await vscode.commands.executeCommand('workbench.action.openSettings', remedy.setting)
}
