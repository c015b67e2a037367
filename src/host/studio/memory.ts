import type * as vscode from 'vscode'
import { isPreferences, type Preferences } from '../../gan/protocol/hostProtocol'

const key = 'studio.preferences'

/** What the Studio remembers between sessions. */
export class StudioMemory {
  constructor(private readonly state: vscode.Memento) {}

  read(): Preferences {
    const kept = this.state.get(key)
    return isPreferences(kept) ? kept : { backend: undefined, measured: [], openRun: undefined }
  }

  async write(preferences: Preferences): Promise<void> {
    await this.state.update(key, preferences)
  }
}
