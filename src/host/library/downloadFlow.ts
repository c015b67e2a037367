import * as vscode from 'vscode'
import { CancelledError } from '../../base/cancellation'
import { formatBytes, formatDuration } from '../../library/format'
import { install, prepareInstall, systemInstallEnvironment, type InstallOffer, type InstallProgress } from '../../library/install'
import type { ModelId } from '../../library/modelId'
import type { ModelSource } from '../../library/source'
import type { InstalledModel } from '../../library/store'
import { signalOf } from '../progress'
import type { ModelLibrary } from './modelLibrary'

/**
 * Looks the model up, asks, and brings it here. Nothing but the listing is fetched before the writer agreed.
 * @throws InklingError; CancelledError when the writer did not agree or stopped it
 */
export async function bringModel(id: ModelId, source: ModelSource, library: ModelLibrary): Promise<InstalledModel> {
  const { l10n } = vscode
  const offer = await withNotification(l10n.t('Looking for {model}', { model: id }), (_, signal) => prepareInstall(id, source, library.precision, signal))
  if (source.isNetwork) await askConsent(offer, library)
  const title = source.isNetwork ? l10n.t('Downloading {model}', { model: id }) : l10n.t('Copying {model}', { model: id })
  // What a stopped download has left is shown, too.
  return withNotification(title, (progress, signal) => {
    let reported = 0
    return install(offer, library.store, systemInstallEnvironment, (state) => {
      const percent = state.kind === 'receiving' ? (100 * state.receivedBytes) / Math.max(1, state.totalBytes) : reported
      progress.report({ message: describe(state), increment: percent - reported })
      reported = percent
    }, signal)
  }).finally(() => library.changed())
}

/** @throws CancelledError unless the writer agrees */
async function askConsent({ listing, source, totalBytes, licence }: InstallOffer, library: ModelLibrary): Promise<void> {
  const { l10n } = vscode
  const detail = [
    l10n.t('From: {host}', { host: source.name }),
    l10n.t('Size: {size}', { size: formatBytes(totalBytes) }),
    l10n.t('Licence: {licence}', { licence: licence === '' ? l10n.t('not stated') : licence }),
    l10n.t('Kept in: {folder}', { folder: library.store.root }),
    '',
    l10n.t('The host learns that you download this model. Nothing that you write is sent.'),
  ].join('\n')
  const agree = l10n.t('Download')
  const answer = await vscode.window.showInformationMessage(l10n.t('Download {model}?', { model: listing.id }), { modal: true, detail }, agree)
  if (answer !== agree) throw new CancelledError()
}

function describe(state: InstallProgress): string {
  const { l10n } = vscode
  if (state.kind === 'waiting') return l10n.t('another window is at it; waiting')
  const { receivedBytes, totalBytes, bytesPerSecond, secondsLeft } = state
  const amount = l10n.t('{received} of {total}', { received: formatBytes(receivedBytes), total: formatBytes(totalBytes) })
  const speed = bytesPerSecond === undefined ? undefined : `${formatBytes(bytesPerSecond)}/s`
  const left = secondsLeft === undefined ? undefined : l10n.t('{time} left', { time: formatDuration(secondsLeft) })
  return [amount, speed, left].filter((part) => part !== undefined).join(', ')
}

/** Shows at once what goes on, with a button that stops it. */
export function withNotification<T>(title: string, work: (progress: vscode.Progress<{ message?: string; increment?: number }>, signal: AbortSignal) => Promise<T>): Promise<T> {
  return Promise.resolve(
    vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title, cancellable: true }, (progress, token) => work(progress, signalOf(token))),
  )
}
