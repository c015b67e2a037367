import * as vscode from 'vscode'
import { Disposable } from '../../base/lifecycle'
import { Later } from '../../base/later'
import type { Reporter } from '../reporter'
import type { Studio } from './studio'

export const studioViewType = 'inkling.studio'

/** The way into the Studio, whose code is loaded when somebody goes in, or when a window comes back with its panel. */
export class StudioDoor extends Disposable {
  private readonly studio: Later<Studio>

  constructor(context: vscode.ExtensionContext, reporter: Reporter) {
    super()
    this.studio = this.register(new Later(async () => new (await import('./studio')).Studio(context, reporter)))
    this.register(
      vscode.window.registerWebviewPanelSerializer(studioViewType, {
        deserializeWebviewPanel: async (panel, state) => (await this.studio.get()).restore(panel, state),
      }),
    )
  }

  /** Opens the panel, or shows the one that is open. */
  async open(): Promise<void> {
    (await this.studio.get()).open()
  }

  /** The training may be controlled from the palette too. */
  async control(action: 'run' | 'pause'): Promise<void> {
    (await this.studio.get()).control(action)
  }
}
