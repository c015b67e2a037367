import * as vscode from 'vscode'
import { InklingError } from '../base/errors'
import { Emitter } from '../base/event'
import { Disposable } from '../base/lifecycle'
import type { KnownDocument } from './documentToBe'
import { settings, type SettingName, type SettingValue } from './settingsSchema'

const section = 'inkling'

/** What was read for one document, as long as it has this language. */
interface Known {
  readonly languageId: string | undefined
  readonly values: Map<string, unknown>
}

/** Stands for what is read for no document. */
const anywhere = {}

/**
 * The user's settings, checked. A bad value is told once and its default used. They are asked for at every key, and the
 * editor makes many objects to answer, so a value is read once until something changes.
 */
export class Settings extends Disposable {
  private readonly changes = this.register(new Emitter<void>())
  readonly onChange = this.changes.event
  private readonly told = new Set<string>()
  private known = new WeakMap<object, Known>()

  constructor(private readonly report: (error: InklingError) => void) {
    super()
    this.register(
      vscode.workspace.onDidChangeConfiguration((event) => {
        this.forget()
        if (event.affectsConfiguration(section)) this.changes.fire()
      }),
    )
    // Which folder's settings hold for a document, and whether any folder's do.
    this.register(vscode.workspace.onDidChangeWorkspaceFolders(() => this.forget()))
    this.register(vscode.workspace.onDidGrantWorkspaceTrust(() => this.forget()))
  }

  /** @param document what the value is for; decides language and folder */
  get<N extends SettingName>(name: N, document?: KnownDocument): SettingValue<N> {
    return this.remembered(`${section}.${name}`, document, () => this.read(name, document))
  }

  /** Whether the editor asks for suggestions while somebody types. */
  editorSuggests(document: KnownDocument): boolean {
    return this.remembered('editor', document, () => vscode.workspace.getConfiguration('editor', document).get('inlineSuggest.enabled') !== false)
  }

  private read<N extends SettingName>(name: N, document: KnownDocument | undefined): SettingValue<N> {
    const setting = settings[name]
    const raw = rawValue(setting.key, setting.scope, document)
    const value = raw === undefined ? setting.fallback : setting.parse(raw)
    if (value === undefined) this.tellOnce(setting.key, raw, setting.expected, setting.fallback)
    // The table's entry has this value type; the compiler cannot follow it through the index.
    return (value ?? setting.fallback) as SettingValue<N>
  }

  private remembered<T>(name: string, document: KnownDocument | undefined, read: () => T): T {
    const key = document ?? anywhere
    let known = this.known.get(key)
    if (known === undefined || known.languageId !== document?.languageId) this.known.set(key, (known = { languageId: document?.languageId, values: new Map() }))
    const value = known.values.get(name)
    // A name stands for values of one type.
    if (value !== undefined) return value as T
    const now = read()
    known.values.set(name, now)
    return now
  }

  private forget(): void {
    this.known = new WeakMap()
  }

  private tellOnce(key: string, raw: unknown, expected: string, fallback: unknown): void {
    const value = JSON.stringify(raw)?.slice(0, 80) ?? String(raw)
    const id = `${key}=${value}`
    if (this.told.has(id)) return
    this.told.add(id)
    this.report(InklingError.of('setting-invalid', { setting: `${section}.${key}`, value, expected, fallback: JSON.stringify(fallback) || '""' }))
  }
}

function rawValue(key: string, scope: 'user' | 'workspace' | 'language', document: KnownDocument | undefined): unknown {
  const configuration = vscode.workspace.getConfiguration(section, document ?? null)
  // The manifest's machine scope already keeps a workspace out; this holds whatever the manifest says.
  if (scope === 'user') return configuration.inspect(key)?.globalValue
  return configuration.get(key)
}
