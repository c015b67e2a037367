import * as vscode from 'vscode'
import type { Reporter } from '../reporter'

/** Every command by its identifier without the prefix. It may be given the item that it was chosen on. */
export type CommandTable = Readonly<Record<string, (item?: unknown) => unknown>>

/** Registers the commands; what one throws is told to the writer. */
export function registerCommands(commands: CommandTable, reporter: Reporter): vscode.Disposable {
  return vscode.Disposable.from(
    ...Object.entries(commands).map(([name, run]) =>
      vscode.commands.registerCommand(`inkling.${name}`, async (item: unknown) => {
        try {
          await run(item)
        } catch (error) {
          reporter.tell(error)
        }
      }),
    ),
  )
}
