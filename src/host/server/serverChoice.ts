import * as vscode from 'vscode'
import type { ServedModelSpec } from '../../engine/protocol'
import { parseServerUrl } from '../../engine/remote/address'
import { strictCertificates } from '../network'
import type { Settings } from '../settings'

/** What the user has said about a server to write with; by default there is none. */
export class ServerChoice {
  constructor(
    private readonly settings: Settings,
    private readonly secrets: vscode.SecretStorage,
  ) {}

  /** The model to ask instead of one on this machine; undefined where models run here. */
  get spec(): ServedModelSpec | undefined {
    const { settings } = this
    if (settings.get('engine') === 'local') return undefined
    return { server: settings.get('serverUrl').trim(), model: settings.get('serverModel').trim(), allowHttp: settings.get('serverAllowHttp'), strictCertificates: strictCertificates() }
  }

  /** Who is sent the text: name and port. Undefined where nobody is. */
  get host(): string | undefined {
    const { spec } = this
    return spec && parseServerUrl(spec.server)?.host
  }

  /** As the setting has it, also while models run here. */
  get url(): URL | undefined {
    return parseServerUrl(this.settings.get('serverUrl'))
  }

  async keyFor(server: URL): Promise<string | undefined> {
    return this.secrets.get(secretName(server))
  }

  async setKey(server: URL, key: string): Promise<void> {
    await this.secrets.store(secretName(server), key)
  }

  async clearKey(server: URL): Promise<void> {
    await this.secrets.delete(secretName(server))
  }

  async use(server: URL, model: string, allowHttp: boolean): Promise<void> {
    await set('server.url', server.href)
    await set('server.model', model === '' ? undefined : model)
    await set('server.allowHttp', allowHttp ? true : undefined)
    await set('engine', 'remote')
  }

  /** The address stays, so that going back to the server is quick. */
  async useThisMachine(): Promise<void> {
    await set('engine', undefined)
  }
}

async function set(key: string, value: unknown): Promise<void> {
  await vscode.workspace.getConfiguration('inkling').update(key, value, vscode.ConfigurationTarget.Global)
}

/** A key belongs to one server: another must not be sent it. */
function secretName(server: URL): string {
  return `inkling.serverKey:${server.origin}`
}
