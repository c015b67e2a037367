import * as vscode from 'vscode'
import { CancelledError } from '../../base/cancellation'
import { InklingError } from '../../base/errors'
import { isReadableOnTheWay, parseServerUrl } from '../../engine/remote/address'
import { listServedModels, tryServer } from '../../engine/remote/probe'
import type { ServedModel } from '../../engine/remote/messages'
import type { serverCommands } from '../commands/names'
import type { CommandTable } from '../commands/register'
import { withNotification } from '../library/downloadFlow'
import { strictCertificates } from '../network'
import type { ServerChoice } from './serverChoice'

/** The commands about a server: the way to one asks for consent and tests it, the way back is one step. */
export class ServerCommands {
  constructor(private readonly choice: ServerChoice) {}

  get table(): CommandTable<(typeof serverCommands)[number]> {
    return {
      'server.choose': () => this.choose(),
      'server.useThisMachine': () => this.choice.useThisMachine(),
      'server.setKey': () => this.setKey(),
      'server.clearKey': () => this.clearKey(),
    }
  }

  private async choose(): Promise<void> {
    const { l10n } = vscode
    const server = await this.askAddress()
    // Nothing of the writer's is sent before there is consent: a list is asked for, and a sentence of ours continued.
    let key = await this.choice.keyFor(server)
    let models: readonly ServedModel[]
    for (;;) {
      try {
        models = await withNotification(l10n.t('Asking {host} for its models', { host: server.host }), (_, signal) => listServedModels({ server, key, strictCertificates: strictCertificates() }, signal))
        break
      } catch (error) {
        if (!(error instanceof InklingError) || error.code !== 'server-key') throw error
        key = await askKey(server, key !== undefined)
      }
    }
    const model = await this.askModel(server, models)
    const suggests = await withNotification(l10n.t('Testing {host}', { host: server.host }), (_, signal) =>
      tryServer({ server, key, strictCertificates: strictCertificates() }, model, signal))
    await askConsent(server, model, suggests)
    if (key !== undefined) await this.choice.setKey(server, key)
    await this.choice.use(server, model, isReadableOnTheWay(server))
  }

  /** @throws CancelledError */
  private async askAddress(): Promise<URL> {
    const { l10n } = vscode
    const typed = await vscode.window.showInputBox({
      title: l10n.t('Use a server'),
      prompt: l10n.t('The address of llama-server, vLLM or another server with OpenAI’s completions protocol.'),
      placeHolder: 'https://gpu.example:8000',
      value: this.choice.url?.href ?? '',
      ignoreFocusOut: true,
      validateInput: (value) => (value.trim() === '' || parseServerUrl(value) !== undefined ? undefined : l10n.t('An address begins with https:// or http:// and holds no password.')),
    })
    const server = typed === undefined ? undefined : parseServerUrl(typed)
    if (server === undefined) throw new CancelledError()
    return server
  }

  /** @returns empty where the server has no list and does without a name @throws CancelledError */
  private async askModel(server: URL, models: readonly ServedModel[]): Promise<string> {
    const { l10n } = vscode
    const title = l10n.t('Models of {host}', { host: server.host })
    if (models.length === 0) {
      const typed = await vscode.window.showInputBox({ title, prompt: l10n.t('The server has no list of models. Type the name of one, or leave this empty.'), ignoreFocusOut: true })
      if (typed === undefined) throw new CancelledError()
      return typed.trim()
    }
    const rows = models.map(({ id, contextLength }) => ({ label: id, ...(contextLength === undefined ? {} : { description: l10n.t('context {context} tokens', { context: contextLength }) }) }))
    const picked = await vscode.window.showQuickPick(rows, { title, placeHolder: l10n.t('Choose the model'), ignoreFocusOut: true })
    if (!picked) throw new CancelledError()
    return picked.label
  }

  private async setKey(): Promise<void> {
    const server = this.requireUrl()
    await this.choice.setKey(server, await askKey(server, (await this.choice.keyFor(server)) !== undefined))
  }

  private async clearKey(): Promise<void> {
    const { l10n } = vscode
    const server = this.requireUrl()
    await this.choice.clearKey(server)
    vscode.window.setStatusBarMessage(l10n.t('The key for {host} is forgotten.', { host: server.host }), 4000)
  }

  private requireUrl(): URL {
    const { url } = this.choice
    if (url === undefined) throw InklingError.of('server-unset', {})
    return url
  }
}

/** @throws CancelledError */
async function askKey(server: URL, isSet: boolean): Promise<string> {
  const { l10n } = vscode
  const key = await vscode.window.showInputBox({
    title: l10n.t('Key for {host}', { host: server.host }),
    prompt: isSet ? l10n.t('A key is set, and this one will take its place.') : l10n.t('Kept in the system’s secret storage, and sent to this server only.'),
    password: true,
    ignoreFocusOut: true,
    validateInput: (value) => (/^[\x21-\x7e]*$/.test(value.trim()) ? undefined : l10n.t('A key has no spaces.')),
  })
  if (key === undefined || key.trim() === '') throw new CancelledError()
  return key.trim()
}

/** @throws CancelledError unless the writer agrees */
async function askConsent(server: URL, model: string, suggests: boolean): Promise<void> {
  const { l10n } = vscode
  const lines = [
    l10n.t('The text before the caret leaves this machine whenever Inkling suggests or generates. What becomes of it there is up to whoever runs the server.'),
    ...(isReadableOnTheWay(server) ? [l10n.t('It is sent without encryption: whoever is on the way can read it, and the key.')] : []),
    ...(suggests ? [] : [l10n.t('This server does not say how likely its words are, so nothing is suggested while you type; commands that generate text work.')]),
    ...(model === '' ? [] : [l10n.t('Model: {model}', { model })]),
    l10n.t('The status bar shows it as long as it is so. “Inkling: Write with This Machine” ends it.'),
  ]
  const agree = l10n.t('Send my text there')
  const answer = await vscode.window.showWarningMessage(l10n.t('Send your text to {host}?', { host: server.host }), { modal: true, detail: lines.join('\n\n') }, agree)
  if (answer !== agree) throw new CancelledError()
}
