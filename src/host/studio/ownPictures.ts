import * as vscode from 'vscode'
import { isCancelled } from '../../base/cancellation'
import { InklingError } from '../../base/errors'
import { Disposable, MutableDisposable, type IDisposable } from '../../base/lifecycle'
import type { PictureBatch } from '../../gan/protocol/hostProtocol'
import { findPictures, mostPictures, PictureReader, type FoundPictures, type PictureDisk } from './pictureFiles'

/** Pictures of the user's own on their way to the page, which asks for one batch after another. */
export class OwnPictures extends Disposable {
  private readonly reading = this.register(new MutableDisposable<Reading>())

  /** Lets the user choose. @returns how many there are; 0: nothing was chosen */
  async choose(): Promise<number> {
    const chosen = await ask()
    if (!chosen) return 0
    const progress = await showProgress()
    try {
      const reader = new PictureReader(disk, await chosen.find(progress.signal))
      this.reading.value = { ...progress, reader }
      return reader.count
    } catch (error) {
      progress.dispose()
      if (isCancelled(error)) return 0
      throw error
    }
  }

  /** @returns undefined when it was cancelled */
  async next(): Promise<PictureBatch | undefined> {
    const reading = this.reading.value
    if (!reading) return undefined
    const batch = await reading.reader.next()
    reading.report(reading.reader.count - batch.left, reading.reader.count)
    const cancelled = reading.signal.aborted
    if (cancelled || batch.left === 0) this.reading.clear()
    return cancelled ? undefined : batch
  }
}

interface Progress extends IDisposable {
  /** Fires when the user presses Cancel. */
  readonly signal: AbortSignal
  readonly report: (done: number, count: number) => void
}

interface Reading extends Progress {
  readonly reader: PictureReader<vscode.Uri>
}

interface Chosen {
  find(signal: AbortSignal): Promise<FoundPictures<vscode.Uri>>
}

async function ask(): Promise<Chosen | undefined> {
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
  const [first] = chosen ?? []
  if (!chosen || !first) return undefined
  if (how === folder) return { find: (signal) => findPictures(disk, first, signal) }
  if (chosen.length > mostPictures) throw InklingError.of('gan-images-many', { limit: mostPictures })
  return { find: () => Promise.resolve({ files: chosen, refused: [] }) }
}

/** A notification that stays until it is disposed, and can be cancelled. */
function showProgress(): Promise<Progress> {
  const options = { location: vscode.ProgressLocation.Notification, title: vscode.l10n.t('Reading pictures'), cancellable: true }
  return new Promise((started) => {
    void vscode.window.withProgress(options, (progress, token) => new Promise<void>((end) => {
      const controller = new AbortController()
      token.onCancellationRequested(() => controller.abort())
      let told = 0
      const report = (done: number, count: number): void => {
        progress.report({ message: vscode.l10n.t('{done} of {count}', { done, count }), increment: (100 * (done - told)) / count })
        told = done
      }
      started({ signal: controller.signal, report, dispose: end })
    }))
  })
}

const disk: PictureDisk<vscode.Uri> = {
  nameOf: ({ path }) => path.slice(path.lastIndexOf('/') + 1),
  join: (folder, name) => vscode.Uri.joinPath(folder, name),
  entries: async (folder) => (await vscode.workspace.fs.readDirectory(folder)).map(([name, type]) => ({ name, kind: kindOf(type) })),
  sizeBytes: async (file) => (await vscode.workspace.fs.stat(file)).size,
  read: async (file) => vscode.workspace.fs.readFile(file),
}

function kindOf(type: vscode.FileType): 'file' | 'folder' | 'neither' {
  if ((type & vscode.FileType.Directory) === 0) return 'file'
  return type & vscode.FileType.SymbolicLink ? 'neither' : 'folder'
}
