import * as vscode from 'vscode'
import { toInklingError, type InklingError } from '../../base/errors'
import { embeddedModelName, type ModelSpec } from '../../engine/protocol'
import { resolveNamedModel } from '../../library/resolveModel'
import type { ModelStore } from '../../library/store'
import type { Settings } from '../settings'
import { modelName, withLanguage, type ModelNames } from './modelName'

/** Which model the settings want, as a folder. */
export class ModelChoice {
  constructor(
    private readonly settings: Settings,
    private readonly store: ModelStore,
    private readonly embedded: string,
  ) {}

  /**
   * The model for a language, or the default one.
   * @throws InklingError `model-not-installed`, `model-folder-missing`, `model-id-invalid`
   */
  choose(languageId: string | undefined): Pick<ModelSpec, 'folder' | 'name'> {
    const named = this.nameFor(languageId)
    return named === '' ? { folder: this.embedded, name: embeddedModelName } : resolveNamedModel(named, this.store, undefined)
  }

  /** What is wrong with the model that the settings name for a language. */
  errorFor(languageId: string | undefined): InklingError | undefined {
    try {
      this.choose(languageId)
      return undefined
    } catch (error) {
      return toInklingError(error)
    }
  }

  /** @throws InklingError as `choose` does */
  folderFor(languageId: string | undefined): string {
    return this.choose(languageId).folder
  }

  /** As the settings name it; empty is the embedded one. */
  nameFor(languageId: string | undefined): string {
    return modelName({ byDefault: this.settings.get('model'), byLanguage: this.settings.get('modelByLanguage') }, languageId)
  }

  /** The folder that is used where no language says otherwise; undefined when what the setting names is not there. */
  get defaultFolder(): string | undefined {
    try {
      return this.folderFor(undefined)
    } catch {
      // Told when it is used.
      return undefined
    }
  }

  /** Languages that have a model of their own, by its folder. */
  languagesByFolder(): ReadonlyMap<string, readonly string[]> {
    const result = new Map<string, string[]>()
    for (const languageId of Object.keys(this.settings.get('modelByLanguage'))) {
      try {
        const folder = this.folderFor(languageId)
        result.set(folder, [...(result.get(folder) ?? []), languageId])
      } catch {
        // Told when it is used.
      }
    }
    return result
  }

  /** The language of an open document, by its address. */
  languageOf(uri: string): string | undefined {
    return vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri)?.languageId
  }

  async setDefault(name: string): Promise<void> {
    await vscode.workspace.getConfiguration('inkling').update('model', name === '' ? undefined : name, vscode.ConfigurationTarget.Global)
  }

  /** No language is left with a model that is gone. */
  async forget(name: string): Promise<void> {
    if (this.nameFor(undefined) === name) await this.setDefault('')
    const byLanguage = this.settings.get('modelByLanguage')
    if (Object.values(byLanguage).includes(name)) await this.setByLanguage(Object.fromEntries(Object.entries(byLanguage).filter(([, chosen]) => chosen !== name)))
  }

  /** @param name empty for the embedded model; undefined takes the language's own choice away */
  async setForLanguage(languageId: string, name: string | undefined): Promise<void> {
    await this.setByLanguage(withLanguage(this.settings.get('modelByLanguage'), languageId, name))
  }

  private async setByLanguage(next: ModelNames['byLanguage']): Promise<void> {
    await vscode.workspace.getConfiguration('inkling').update('modelByLanguage', Object.keys(next).length === 0 ? undefined : next, vscode.ConfigurationTarget.Global)
  }
}
