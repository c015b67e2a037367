import * as vscode from 'vscode'
import { CancelledError } from '../../base/cancellation'
import { InklingError } from '../../base/errors'
import type { ModelListEntry } from '../../library/describeModel'
import { parseModelId, type ModelId } from '../../library/modelId'
import { modelItem } from './modelItem'
import type { ModelLibrary } from './modelLibrary'
import { ModelNode } from './modelTree'

/** The model that a command was chosen on, or else one that the writer picks. @throws CancelledError */
export async function modelFor(item: unknown, library: ModelLibrary, states: readonly ModelListEntry['state'][], title: string): Promise<ModelListEntry> {
  if (item instanceof ModelNode) return item.entry
  const entries = (await library.entries()).filter(({ state }) => states.includes(state))
  const picked = await vscode.window.showQuickPick(entries.map(pickItem), { title, matchOnDescription: true })
  if (!picked) throw new CancelledError()
  return picked.entry
}

/** A model to download: one of the catalogue, or any other by its name. @throws CancelledError */
export async function modelToDownload(item: unknown, library: ModelLibrary): Promise<ModelId> {
  const { l10n } = vscode
  if (item instanceof ModelNode) return requireId(item.entry.id)
  const entries = (await library.entries()).filter(({ state }) => state === 'available')
  const other = { label: `$(search) ${l10n.t('Another model by its name…')}`, entry: undefined }
  const picked = await vscode.window.showQuickPick([other, ...entries.map(pickItem)], { title: l10n.t('Download a model'), matchOnDescription: true })
  if (!picked) throw new CancelledError()
  if (picked.entry) return requireId(picked.entry.id)
  const typed = await vscode.window.showInputBox({
    title: l10n.t('Download a model'),
    prompt: l10n.t('The name of a model, as on Hugging Face: owner/name. GPT-2 of any size, and any decoder with an ONNX export.'),
    placeHolder: 'openai-community/gpt2',
    validateInput: (value) => (value === '' || parseModelId(value.trim()) !== undefined ? undefined : l10n.t('Two names with a slash between them.')),
  })
  if (typed === undefined || typed === '') throw new CancelledError()
  return requireId(typed.trim())
}

export function pickItem(entry: ModelListEntry): vscode.QuickPickItem & { readonly entry: ModelListEntry } {
  const look = modelItem(entry, { isDefault: false, languages: [], tokensPerSecond: undefined })
  return { label: `$(${look.icon}) ${look.label}`, description: look.description, detail: vscode.l10n.t(entry.summary), entry }
}

export function requireId(text: string): ModelId {
  const id = parseModelId(text)
  if (id === undefined) throw InklingError.of('model-id-invalid', { model: text.slice(0, 200) })
  return id
}

/** A language identifier; the one in view comes first. @throws CancelledError */
export async function pickLanguage(): Promise<string> {
  const current = vscode.window.activeTextEditor?.document.languageId
  const all = (await vscode.languages.getLanguages()).filter((language) => language !== current).sort()
  const picked = await vscode.window.showQuickPick([...(current === undefined ? [] : [current]), ...all], { title: vscode.l10n.t('Language') })
  if (picked === undefined) throw new CancelledError()
  return picked
}
