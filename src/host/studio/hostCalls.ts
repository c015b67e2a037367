import * as vscode from 'vscode'
import type { Handlers } from '../../gan/protocol/calls'
import type { HostCalls, Preferences } from '../../gan/protocol/hostProtocol'
import { exportFiles } from './exportFiles'
import type { PictureInserter } from './insertPicture'
import type { StudioMemory } from './memory'
import type { NativeTrainer } from './nativeTrainer'
import type { OwnPictures } from './ownPictures'
import type { RunStore } from './runStore'

export interface CallNeeds {
  readonly store: RunStore
  readonly memory: StudioMemory
  readonly pictures: PictureInserter
  readonly own: OwnPictures
  readonly trainer: NativeTrainer
  /** The run that a panel which came back was showing. */
  readonly restore: string | undefined
}

/** What the host does when the page asks. */
export function hostCalls({ store, memory, pictures, own, trainer, restore }: CallNeeds): Handlers<HostCalls> {
  const { l10n } = vscode
  return {
    hello: async () => ({ runs: await store.list(), restore, preferences: memory.read() }),
    listRuns: async () => ({ runs: await store.list() }),
    createRun: async ({ name, settings }) => ({ run: await store.create(name, settings) }),
    openRun: async ({ runId, which }) => ({ run: await store.read(runId), checkpoint: await store.checkpoint(runId, which) }),
    renameRun: async ({ runId, name }) => ({ run: await store.rename(runId, name) }),
    async deleteRun({ runId }) {
      const { name } = await store.read(runId)
      const yes = l10n.t('Delete')
      const answer = await vscode.window.showWarningMessage(l10n.t('Delete the run “{name}” with its checkpoints?', { name }), { modal: true, detail: l10n.t('This cannot be undone.') }, yes)
      if (answer === yes) await store.remove(runId)
      return { deleted: answer === yes }
    },
    async revealRun({ runId }) {
      const { id } = await store.read(runId)
      await vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(store.folder(id)))
      return {}
    },
    async saveCheckpoint({ runId, ...save }) {
      await store.saveCheckpoint(runId, save)
      return {}
    },
    async export({ kind, files }) {
      const target = await exportFiles(kind, files)
      if (target) void offerToShow(target)
      return { saved: target !== undefined }
    },
    async insertPicture({ png, alt }) {
      await pictures.insert(png, alt)
      return { inserted: true }
    },
    choosePictures: async () => ({ count: await own.choose() }),
    readPictures: async () => ({ batch: await own.next() }),
    async saveData({ runId, data }) {
      await store.saveData(runId, data)
      return {}
    },
    openData: async ({ runId }) => ({ data: await store.data(runId) }),
    openInProcess: (ask) => trainer.open(ask),
    askProcess: ({ question }) => trainer.ask(question),
    async endProcess() {
      await trainer.end()
      return {}
    },
    async remember({ preferences }: { readonly preferences: Preferences }) {
      await memory.write(preferences)
      return {}
    },
  }
}

async function offerToShow(target: vscode.Uri): Promise<void> {
  const show = vscode.l10n.t('Show')
  const answer = await vscode.window.showInformationMessage(vscode.l10n.t('Exported {name}.', { name: target.path.slice(target.path.lastIndexOf('/') + 1) }), show)
  if (answer === show) await vscode.commands.executeCommand(/\.(png|gif|csv|md|py)$/.test(target.path) ? 'vscode.open' : 'revealFileInOS', target)
}
