import * as vscode from 'vscode'
import type { Later } from '../../base/later'
import type { Reporter } from '../reporter'

/** Commands by their identifier without the prefix. One may be given the item that it was chosen on. */
export type CommandTable<Name extends string = string> = Readonly<Record<Name, (item?: unknown) => unknown>>

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

/** Commands whose code is loaded when one of them is first chosen. */
export function commandsOf<Name extends string>(names: readonly Name[], owner: Later<{ readonly table: CommandTable<Name> }>): CommandTable {
  return Object.fromEntries(names.map((name) => [name, async (item?: unknown) => (await owner.get()).table[name](item)]))
}
