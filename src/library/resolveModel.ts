import { existsSync } from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { InklingError } from '../base/errors'
import { parseModelId } from './modelId'
import type { ModelStore } from './store'

/**
 * The folder that a setting or an option means: a folder itself, or the name of an installed model. A folder wins where
 * both could be meant, as with `--model gpt2` beside a folder of that name.
 * @param base what a relative folder is relative to; undefined where only an absolute one counts, as in settings
 * @throws InklingError `model-not-installed`, `model-folder-missing`, `model-id-invalid`
 */
export function resolveModel(idOrFolder: string, store: ModelStore, base: string | undefined): string {
  const text = idOrFolder.trim()
  const expanded = text === '~' || /^~[/\\]/.test(text) ? path.join(os.homedir(), text.slice(1)) : text
  const folder = base === undefined ? expanded : path.resolve(base, expanded)
  if (text !== '' && path.isAbsolute(folder) && existsSync(folder)) return folder
  const id = parseModelId(text)
  if (id !== undefined && store.isInstalled(id)) return store.folderOf(id)
  if (id !== undefined) throw InklingError.of('model-not-installed', { model: id })
  if (path.isAbsolute(expanded) || /^\.{0,2}[/\\]/.test(text)) throw InklingError.of('model-folder-missing', { folder })
  throw InklingError.of('model-id-invalid', { model: text.slice(0, 200) })
}

/** As `resolveModel`, with what to call the model where its folder's name says nothing to a person. */
export function resolveNamedModel(idOrFolder: string, store: ModelStore, base: string | undefined): { readonly folder: string; readonly name?: string } {
  const folder = resolveModel(idOrFolder, store, base)
  const id = parseModelId(idOrFolder.trim())
  return id !== undefined && folder === store.folderOf(id) ? { folder, name: id } : { folder }
}
