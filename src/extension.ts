import { setImmediate } from 'node:timers/promises'
import type { ExtensionContext } from 'vscode'

/**
 * Gives the editor its thread back before anything is loaded: it starts all extensions one behind the other. What needs this
 * one, a command say, waits until the promise settles.
 */
export async function activate(context: ExtensionContext): Promise<void> {
  await setImmediate()
  const { start } = await import('./program')
  start(context)
}
