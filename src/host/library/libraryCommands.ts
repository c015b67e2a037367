import * as path from 'node:path'
import * as vscode from 'vscode'
import { CancelledError } from '../../base/cancellation'
import { InklingError } from '../../base/errors'
import type { ModelListEntry } from '../../library/describeModel'
import { ImportSource } from '../../library/folderSource'
import { importName } from '../../library/modelId'
import type { InstalledModel } from '../../library/store'
import { describeProblems, verifyModel } from '../../library/verify'
import type { libraryCommands } from '../commands/names'
import type { CommandTable } from '../commands/register'
import { bringModel, withNotification } from './downloadFlow'
import type { ModelChoice } from './modelChoice'
import type { ModelLibrary } from './modelLibrary'
import { modelFor, modelToDownload, pickItem, pickLanguage, requireId } from './pickModel'

/** What can be done with models. An item is the line of the view that a command was chosen on. */
export class LibraryCommands {
  constructor(
    private readonly library: ModelLibrary,
    private readonly choice: ModelChoice,
  ) {}

  get table(): CommandTable<(typeof libraryCommands)[number]> {
    return {
      selectModel: () => this.select(),
      'library.download': (item) => this.download(item),
      'library.import': () => this.import(),
      'library.use': (item) => this.use(item),
      'library.useForLanguage': (item) => this.useForLanguage(item),
      'library.verify': (item) => this.verify(item),
      'library.reveal': (item) => this.reveal(item),
      'library.remove': (item) => this.remove(item),
      'library.setToken': () => this.setToken(),
      'library.refresh': () => this.library.changed(),
    }
  }

  /** The one question “which model?”: what is here, what can be had, or a folder. */
  private async select(): Promise<void> {
    const { l10n } = vscode
    const folder = { label: `$(folder-opened) ${l10n.t('A model folder…')}`, detail: l10n.t('Used where it lies: GPT-2 weights, or an ONNX export of any decoder'), entry: undefined }
    const separator = { label: '', kind: vscode.QuickPickItemKind.Separator, entry: undefined }
    const picked = await vscode.window.showQuickPick([...(await this.library.entries()).map(pickItem), separator, folder], { title: l10n.t('Choose the model'), matchOnDescription: true })
    if (!picked) return
    if (!picked.entry) return this.choice.setDefault(await pickFolder(l10n.t('Use this model')))
    if (picked.entry.state !== 'available') return this.choice.setDefault(picked.entry.id)
    const { manifest } = await bringModel(requireId(picked.entry.id), await this.library.source(), this.library)
    await this.choice.setDefault(manifest.id)
  }

  private async download(item: unknown): Promise<void> {
    const id = await modelToDownload(item, this.library)
    this.offerUse(await bringModel(id, await this.library.source(), this.library))
  }

  private async import(): Promise<void> {
    const folder = await pickFolder(vscode.l10n.t('Import'))
    const suggested = importName(path.basename(folder))
    const name = await vscode.window.showInputBox({
      title: vscode.l10n.t('Import a model'), prompt: vscode.l10n.t('A name for the model, as owner/name.'), value: suggested ?? 'local/model',
      validateInput: (value) => (importName(value) === value ? undefined : vscode.l10n.t('Two names with a slash between them.')),
    })
    if (name === undefined) return
    this.offerUse(await bringModel(requireId(name), new ImportSource(folder), this.library))
  }

  /** Not waited for: the command is done, the question may stand. */
  private offerUse({ manifest }: InstalledModel): void {
    const { l10n } = vscode
    const use = l10n.t('Use it')
    void vscode.window.showInformationMessage(l10n.t('{model} is installed.', { model: manifest.id }), use).then(async (answer) => {
      if (answer === use) await this.choice.setDefault(manifest.id)
    })
  }

  private async use(item: unknown): Promise<void> {
    const entry = await modelFor(item, this.library, ['embedded', 'installed'], vscode.l10n.t('Choose the model'))
    await this.choice.setDefault(entry.id)
  }

  private async useForLanguage(item: unknown): Promise<void> {
    const { l10n } = vscode
    const entry = await modelFor(item, this.library, ['embedded', 'installed'], l10n.t('Choose the model'))
    const languageId = await pickLanguage()
    // Chosen once more, the language goes back to the default.
    const again = this.choice.nameFor(languageId) === entry.id && this.choice.nameFor(undefined) !== entry.id
    await this.choice.setForLanguage(languageId, again ? undefined : entry.id)
    const message = again ? l10n.t('{language} uses the default model again.', { language: languageId }) : l10n.t('{language} uses {model}.', { language: languageId, model: entry.title })
    vscode.window.setStatusBarMessage(message, 4000)
  }

  private async verify(item: unknown): Promise<void> {
    const { l10n } = vscode
    const model = await this.installed(await modelFor(item, this.library, ['installed'], l10n.t('Check a model’s files')))
    const problems = await withNotification(l10n.t('Checking {model}', { model: model.manifest.id }), (progress, signal) => {
      let reported = 0
      return verifyModel(model, (bytes, total) => {
        const percent = Math.floor((100 * bytes) / Math.max(1, total))
        if (percent > reported) progress.report({ increment: percent - reported, message: `${percent} %` })
        reported = Math.max(reported, percent)
      }, signal)
    })
    if (problems.length > 0) throw InklingError.of('model-damaged', { model: model.manifest.id, problems: describeProblems(problems) })
    void vscode.window.showInformationMessage(l10n.t('{model} is as it was installed.', { model: model.manifest.id }))
  }

  private async reveal(item: unknown): Promise<void> {
    const { l10n } = vscode
    const { folder } = await modelFor(item, this.library, ['embedded', 'installed'], l10n.t('Show a model’s folder'))
    if (folder === undefined) return
    if (vscode.env.remoteName === undefined && vscode.env.uiKind === vscode.UIKind.Desktop) {
      await vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(folder))
      return
    }
    // The folder is on the other machine, where no file manager can be opened.
    const copy = l10n.t('Copy path')
    if ((await vscode.window.showInformationMessage(folder, copy)) === copy) await vscode.env.clipboard.writeText(folder)
  }

  private async remove(item: unknown): Promise<void> {
    const { l10n } = vscode
    const entry = await modelFor(item, this.library, ['installed'], l10n.t('Remove a model'))
    const id = requireId(entry.id)
    const agree = l10n.t('Remove')
    const detail = l10n.t('Its files are deleted from {folder}.', { folder: entry.folder ?? this.library.store.partialOf(id) })
    if ((await vscode.window.showWarningMessage(l10n.t('Remove {model}?', { model: id }), { modal: true, detail }, agree)) !== agree) throw new CancelledError()
    await withNotification(l10n.t('Removing {model}', { model: id }), (_, signal) => this.library.store.remove(id, signal))
    await this.choice.forget(id)
    this.library.changed()
  }

  private async setToken(): Promise<void> {
    const { l10n } = vscode
    const { host } = this.library.hub
    const token = await vscode.window.showInputBox({
      title: l10n.t('Access token for {host}', { host }),
      prompt: (await this.library.hasToken()) ? l10n.t('A token is set. Type a new one, or leave this empty to forget it.') : l10n.t('Kept in the system’s secret storage, and sent to this host only.'),
      password: true,
      ignoreFocusOut: true,
      validateInput: (value) => (/^[\x21-\x7e]*$/.test(value.trim()) ? undefined : l10n.t('A token has no spaces.')),
    })
    if (token !== undefined) await this.library.setToken(token.trim())
  }

  private async installed(entry: ModelListEntry): Promise<InstalledModel> {
    const id = requireId(entry.id)
    const model = await this.library.store.find(id)
    if (model === undefined) throw InklingError.of('model-not-installed', { model: id })
    return model
  }
}

/** @throws CancelledError */
async function pickFolder(openLabel: string): Promise<string> {
  const opened = await vscode.window.showOpenDialog({ canSelectFolders: true, canSelectFiles: false, title: vscode.l10n.t('Model folder'), openLabel })
  const folder = opened?.[0]?.fsPath
  if (folder === undefined) throw new CancelledError()
  return folder
}
