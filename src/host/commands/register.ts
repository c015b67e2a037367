import * as vscode from 'vscode'
import type { Reporter } from '../reporter'

/** Every command by its identifier without the prefix. */
export type CommandTable = Readonly<Record<string, () => unknown>>

/** Registers the commands; what one throws is told to the writer. */
export function registerCommands(commands: CommandTable, reporter: Reporter): vscode.Disposable {
  return vscode.Disposable.from(
    ...Object.entries(commands).map(([name, run]) =>
      vscode.commands.registerCommand(`inkling.${name}`, async () => {
        try {
          await run()
        } catch (error) {
          reporter.tell(error)
        }
      }),
    ),
  )
}
