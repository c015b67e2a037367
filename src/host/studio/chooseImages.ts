import * as vscode from 'vscode'
import { InklingError, type ErrorOnWire } from '../../base/errors'
import type { NamedBytes } from '../../gan/protocol/hostProtocol'

export interface ChosenImages {
  readonly files: readonly NamedBytes[]
  readonly refused: readonly { readonly name: string; readonly error: ErrorOnWire }[]
}

const pictureFile = /\.(png|jpe?g)$/i
const mostFiles = 20_000
/** A photograph is rarely above this; what is, is no training picture for 28 × 28 pixels. */
const mostBytesEach = 24 * 2 ** 20
/** All of them cross to the page in one message. */
const mostBytes = 192 * 2 ** 20
const deepest = 4
/** Files read between two words of progress. */
const toldEvery = 100

/** Lets the user choose pictures or a folder of them and reads them; what cannot be read is refused by name. */
export async function chooseImages(): Promise<ChosenImages | undefined> {
  const folder = { label: `$(folder) ${vscode.l10n.t('A folder of pictures…')}` }
  const files = { label: `$(file-media) ${vscode.l10n.t('Pictures…')}` }
  const how = await vscode.window.showQuickPick([folder, files], { title: vscode.l10n.t('Train on pictures of my own'), placeHolder: vscode.l10n.t('PNG or JPEG; each is cropped to a square of 28 × 28 grey pixels') })
  if (!how) return undefined
  const chosen = await vscode.window.showOpenDialog({
    canSelectFiles: how === files,
    canSelectFolders: how === folder,
    canSelectMany: how === files,
    ...(how === files && { filters: { [vscode.l10n.t('Pictures')]: ['png', 'jpg', 'jpeg'] } }),
    openLabel: vscode.l10n.t('Use These'),
  })
  if (!chosen?.[0]) return undefined
  const found = how === folder ? await list(chosen[0], deepest) : chosen
  if (found.length === 0) throw InklingError.of('gan-images-none', { folder: nameOf(chosen[0]) })
  if (found.length > mostFiles) throw InklingError.of('gan-images-many', { count: found.length, limit: mostFiles })
  return vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Reading pictures'), cancellable: true }, (progress, token) => read(found, progress, token))
}

/** @returns undefined when it was cancelled */
async function read(uris: readonly vscode.Uri[], progress: vscode.Progress<{ readonly message: string; readonly increment: number }>, token: vscode.CancellationToken): Promise<ChosenImages | undefined> {
  const files: NamedBytes[] = []
  const refused: { name: string; error: ErrorOnWire }[] = []
  let total = 0
  for (const [i, uri] of uris.entries()) {
    if (token.isCancellationRequested) return undefined
    if (i % toldEvery === 0) progress.report({ message: vscode.l10n.t('{done} of {count}', { done: i, count: uris.length }), increment: i === 0 ? 0 : (100 * toldEvery) / uris.length })
    const name = nameOf(uri)
    const refuse = (reason: string): void => {
      const { code, facts } = InklingError.of('gan-image-broken', { file: name, reason })
      refused.push({ name, error: { code, facts } })
    }
    try {
      // Ask for the size before reading: a file of gigabytes must not be read to be refused.
      const { size } = await vscode.workspace.fs.stat(uri)
      if (size > mostBytesEach) refuse(vscode.l10n.t('it is larger than 24 MB'))
      else if (total + size > mostBytes) refuse(vscode.l10n.t('all pictures together are larger than 192 MB'))
      else {
        const bytes = await vscode.workspace.fs.readFile(uri)
        total += bytes.length
        // A copy that is no Buffer: a Buffer turns itself into JSON on its way to the page.
        files.push({ name, bytes: new Uint8Array(bytes) })
      }
    } catch (error) {
      refuse(error instanceof Error ? error.message : String(error))
    }
  }
  return { files, refused }
}

/** Pictures in a folder and below, in the order of their names. */
async function list(folder: vscode.Uri, depth: number): Promise<vscode.Uri[]> {
  const entries = (await vscode.workspace.fs.readDirectory(folder)).sort(([a], [b]) => (a < b ? -1 : 1))
  const found: vscode.Uri[] = []
  for (const [name, type] of entries) {
    const uri = vscode.Uri.joinPath(folder, name)
    if (type & vscode.FileType.Directory) {
      // A link may lead in a circle.
      if (depth > 0 && !(type & vscode.FileType.SymbolicLink)) found.push(...(await list(uri, depth - 1)))
    } else if (pictureFile.test(name)) found.push(uri)
    // One more than fits is enough to say that there are too many.
    if (found.length > mostFiles) break
  }
  return found
}

function nameOf(uri: vscode.Uri): string {
  return uri.path.slice(uri.path.lastIndexOf('/') + 1)
}
