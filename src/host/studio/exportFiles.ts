import * as vscode from 'vscode'
import { InklingError, reasonOf } from '../../base/errors'
import type { ExportKind, NamedBytes } from '../../gan/protocol/hostProtocol'

const single: Readonly<Partial<Record<ExportKind, { readonly extension: string; readonly label: string }>>> = {
  png: { extension: 'png', label: 'PNG' },
  gif: { extension: 'gif', label: 'GIF' },
  csv: { extension: 'csv', label: 'CSV' },
}

/** Several files belong together and go into a folder of their own, named after the kind. */
const folderName: Readonly<Partial<Record<ExportKind, string>>> = { 'layers-model': 'gan-tensorflowjs', keras: 'gan-keras' }

/** Asks where to, then writes. @returns the first file written; undefined when the user changed their mind */
export async function exportFiles(kind: ExportKind, files: readonly NamedBytes[]): Promise<vscode.Uri | undefined> {
  const [first] = files
  if (!first) return undefined
  const one = single[kind]
  if (one && files.length === 1) {
    const target = await vscode.window.showSaveDialog({ defaultUri: beside(first.name), filters: { [one.label]: [one.extension] } })
    if (target) await write(target, first.bytes)
    return target
  }
  const chosen = await vscode.window.showOpenDialog({ canSelectFiles: false, canSelectFolders: true, canSelectMany: false, openLabel: vscode.l10n.t('Export Here'), ...defaultFolder() })
  if (!chosen?.[0]) return undefined
  const folder = await freeFolder(chosen[0], folderName[kind] ?? kind)
  for (const file of files) await write(vscode.Uri.joinPath(folder, file.name), file.bytes)
  return vscode.Uri.joinPath(folder, first.name)
}

/** What is there is never overwritten: a folder of that name gets a number behind it. */
async function freeFolder(parent: vscode.Uri, name: string): Promise<vscode.Uri> {
  const taken = new Set((await vscode.workspace.fs.readDirectory(parent)).map(([entry]) => entry.toLowerCase()))
  let candidate = name
  for (let number = 2; taken.has(candidate); number++) candidate = `${name}-${number}`
  const folder = vscode.Uri.joinPath(parent, candidate)
  await vscode.workspace.fs.createDirectory(folder)
  return folder
}

async function write(target: vscode.Uri, bytes: Uint8Array): Promise<void> {
  try {
    await vscode.workspace.fs.writeFile(target, bytes)
  } catch (error) {
    throw InklingError.of('file-unwritable', { file: target.path, reason: reasonOf(error) }, error)
  }
}

function beside(name: string): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri
  return folder ? vscode.Uri.joinPath(folder, name) : vscode.Uri.file(name)
}

function defaultFolder(): { readonly defaultUri: vscode.Uri } | object {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri
  return folder ? { defaultUri: folder } : {}
}
