import type { AnyModelSpec } from '../engine/protocol'
import type { Handlers } from '../engine/server'
import { printJson, readStdin, type Io } from './io'
import { modelOptions, modelSpec, Options, UsageError, type Places } from './options'

export const tokenizeUsage = `inkling tokenize [--model DIR|NAME] [--json] < text

Prints the token ids and pieces of standard input, which is read exactly as it is.`

export async function tokenize(args: readonly string[], handlers: Handlers<AnyModelSpec>, places: Places, io: Io): Promise<void> {
  const options = Options.parse(args, modelOptions)
  if (options.positionals.length > 0 && options.positionals[0] !== '-') throw new UsageError('tokenize reads standard input; it takes no argument')
  const text = await readStdin(io)
  const { ids, pieces } = await handlers.tokenize({ model: modelSpec(options, places), text }, { signal: io.signal, partial: () => {} })
  if (options.flag('json')) printJson(io, { ids, pieces })
  else io.stdout.write(ids.map((id, index) => `${id}\t${JSON.stringify(pieces[index])}\n`).join(''))
}
