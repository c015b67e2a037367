import * as vscode from 'vscode'
import { Emitter } from '../../base/event'
import { Disposable } from '../../base/lifecycle'
import type { ModelSpec } from '../../engine/protocol'
import { officialHub, parseHubUrl } from '../../library/address'
import type { ModelListEntry } from '../../library/describeModel'
import type { ModelSource } from '../../library/source'
import type { ModelStore } from '../../library/store'
import { strictCertificates } from '../network'
import type { Settings } from '../settings'

/** The models of this user as the window sees them: what there is, where more comes from, and the token for it. Loads what reads and fetches model files when it is needed. */
export class ModelLibrary extends Disposable {
  private readonly changes = this.register(new Emitter<void>())
  readonly onChange = this.changes.event

  constructor(
    readonly store: ModelStore,
    private readonly embedded: string,
    private readonly settings: Settings,
    private readonly secrets: vscode.SecretStorage,
    private readonly report: (error: unknown) => void,
  ) {
    super()
    // Another window may have added or removed something meanwhile.
    this.register(vscode.window.onDidChangeWindowState(({ focused }) => focused && this.changed()))
    this.register(settings.onChange(() => this.changed()))
  }

  async entries(): Promise<readonly ModelListEntry[]> {
    const { modelEntries } = await import('../../library/modelEntries')
    return modelEntries(this.embedded, this.store, this.report)
  }

  changed(): void {
    this.changes.fire()
  }

  /** Where models come from: the folder, the mirror, or the official hub. */
  async source(): Promise<ModelSource> {
    const { openSource } = await import('../../library/openSource')
    const url = this.hub
    return openSource(this.settings.get('libraryFolder').trim(), async () => ({ url, token: await this.secrets.get(tokenKey(url)), strictCertificates: strictCertificates() }))
  }

  /** How weights are wanted, where a model has several graphs. */
  get precision(): ModelSpec['precision'] {
    return this.settings.get('precision')
  }

  /** The hub that a token would be for. */
  get hub(): URL {
    return parseHubUrl(this.settings.get('libraryMirror')) ?? new URL(officialHub)
  }

  async hasToken(): Promise<boolean> {
    return (await this.secrets.get(tokenKey(this.hub))) !== undefined
  }

  /** @param token empty to forget it */
  async setToken(token: string): Promise<void> {
    if (token === '') await this.secrets.delete(tokenKey(this.hub))
    else await this.secrets.store(tokenKey(this.hub), token)
  }
}

/** A token belongs to one host: another mirror must not be sent it. */
function tokenKey(hub: URL): string {
  return `inkling.hubToken:${hub.origin}`
}
