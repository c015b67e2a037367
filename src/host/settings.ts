import * as vscode from 'vscode'
import { InklingError } from '../base/errors'
import { Emitter } from '../base/event'
import { Disposable } from '../base/lifecycle'
import { settings, type SettingName, type SettingValue } from './settingsSchema'

const section = 'inkling'

/** The user's settings, checked. A bad value is told once and its default used. */
export class Settings extends Disposable {
  private readonly changes = this.register(new Emitter<void>())
  readonly onChange = this.changes.event
  private readonly told = new Set<string>()

  constructor(private readonly report: (error: InklingError) => void) {
    super()
    this.register(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(section)) this.changes.fire()
      }),
    )
  }

  /** @param where the document that the value is for; decides language and folder */
  get<N extends SettingName>(name: N, where?: vscode.ConfigurationScope): SettingValue<N> {
    const setting = settings[name]
    const raw = read(setting.key, setting.scope, where)
    const value = raw === undefined ? setting.fallback : setting.parse(raw)
    if (value === undefined) this.tellOnce(setting.key, raw, setting.expected, setting.fallback)
    // The table's entry has this value type; the compiler cannot follow it through the index.
    return (value ?? setting.fallback) as SettingValue<N>
  }

  private tellOnce(key: string, raw: unknown, expected: string, fallback: unknown): void {
    const value = JSON.stringify(raw)?.slice(0, 80) ?? String(raw)
    const id = `${key}=${value}`
    if (this.told.has(id)) return
    this.told.add(id)
    this.report(InklingError.of('setting-invalid', { setting: `${section}.${key}`, value, expected, fallback: JSON.stringify(fallback) || '""' }))
  }
}

function read(key: string, scope: 'user' | 'workspace' | 'language', where: vscode.ConfigurationScope | undefined): unknown {
  const configuration = vscode.workspace.getConfiguration(section, where ?? null)
  // The manifest's machine scope already keeps a workspace out; this holds whatever the manifest says.
  if (scope === 'user') return configuration.inspect(key)?.globalValue
  return configuration.get(key)
}
