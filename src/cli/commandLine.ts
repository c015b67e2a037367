import * as os from 'node:os'
import * as path from 'node:path'
import { isCancelled } from '../base/cancellation'
import { toInklingError, type InklingError } from '../base/errors'
import { builtIn } from '../engine/openModel'
import { createEngine } from '../engine/operations'
import { handlersOfPlaces } from '../engine/places'
import type { AnyModelSpec } from '../engine/protocol'
import { createServedEngine } from '../engine/remote/engine'
import type { Handlers } from '../engine/server'
import { systemClock } from '../engine/systemClock'
import { autoDevice, deviceUsage, withAutoDevice } from './autoDevice'
import { complete, completeUsage } from './complete'
import { ganCommand, ganUsage } from './gan'
import { generate, generateUsage } from './generate'
import type { Io } from './io'
import { models, modelsUsage } from './models'
import { UsageError, type Places } from './options'
import { score, scoreUsage } from './score'
import { tokenize, tokenizeUsage } from './tokenize'
import { versionOf } from './version'

type Command = (args: readonly string[], handlers: Handlers<AnyModelSpec>, places: Places, io: Io, root: string) => Promise<void>

interface CommandEntry {
  readonly run: Command
  readonly summary: string
  readonly usage: string
  readonly runsModel?: true
}

const commands: Readonly<Record<string, CommandEntry>> = {
  generate: { run: generate, summary: 'continues a prompt', usage: generateUsage, runsModel: true },
  tokenize: { run: tokenize, summary: 'prints the tokens of a text', usage: tokenizeUsage },
  score: { run: score, summary: 'prints how likely a text is', usage: scoreUsage, runsModel: true },
  complete: { run: complete, summary: 'prints what the editor would suggest', usage: completeUsage, runsModel: true },
  models: { run: models, summary: 'lists, downloads, checks and removes models', usage: modelsUsage },
  gan: { run: (args, _handlers, _places, io, root) => ganCommand(args, io, path.join(root, 'dist/studio')), summary: 'trains the MNIST GAN and draws with it', usage: ganUsage },
}

/** What all commands that use a model have in common. */
const modelUsage = `${deviceUsage(cacheFolder())}

--server URL asks a server with OpenAI's completions protocol (llama-server, vLLM) instead of a model on this machine;
--model is then its name there, and the key is taken from INKLING_SERVER_KEY. --allow-http permits a server on another
machine without encryption.`

const overview = `Usage: inkling COMMAND …

${Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`).join('\n')}

inkling COMMAND --help tells about one of them, inkling --help about all, inkling --version which this is.
`

const usage = `Usage:\n\n${Object.values(commands).map((command) => command.usage).join('\n\n')}\n\n${modelUsage}\n`

/**
 * @param root of the package
 * @returns the exit code: 0 done, 1 failed with one line that says how to mend it, 2 wrong usage
 */
export async function commandLine(argv: readonly string[], io: Io, root: string): Promise<number> {
  const [name = '', ...args] = argv
  if (name === '--help' || name === '-h' || name === 'help') {
    io.stdout.write(usage)
    return 0
  }
  if (name === '--version') {
    io.stdout.write(`${versionOf(root)}\n`)
    return 0
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command) {
    io.stderr.write(`inkling: ${name === '' ? 'a command is missing' : `there is no command ${name}`}\n\n${overview}`)
    return 2
  }
  if (args.includes('--help') || args.includes('-h')) {
    io.stdout.write(`${command.usage}\n${command.runsModel ? `\n${modelUsage}\n` : ''}`)
    return 0
  }
  const cache = cacheFolder()
  const engine = createEngine({ onStatus: () => {}, onWarning: (warning) => tellWarning(warning, io) }, { built: builtIn(path.join(root, 'dist')) })
  // One key is enough for one command; it is sent to the server that the command names.
  const auto = autoDevice(root, cache, io)
  const served = createServedEngine({ keyFor: async () => process.env.INKLING_SERVER_KEY, onStatus: () => {}, clock: systemClock })
  try {
    await command.run(args, handlersOfPlaces(withAutoDevice(engine.handlers, auto, io.signal), served), { embeddedModel: path.join(root, 'media/model'), cache }, io, root)
    return 0
  } catch (error) {
    if (isCancelled(error)) return 130
    if (error instanceof UsageError) {
      io.stderr.write(`inkling: ${error.message}\n\n${command.usage}\n`)
      return 2
    }
    const known = toInklingError(error)
    io.stderr.write(`inkling: ${known.message} ${known.remedy.hint}\n`)
    tellCause(known, io)
    return 1
  } finally {
    engine.dispose()
  }
}

function tellWarning(warning: InklingError, io: Io): void {
  io.stderr.write(`inkling: ${warning.message}\n`)
  tellCause(warning, io)
}

/** What a runtime or the system said, for those who look for a fault. */
function tellCause({ cause }: InklingError, io: Io): void {
  if (process.env.INKLING_DEBUG && cause instanceof Error) io.stderr.write((cause.stack ?? cause.message) + '\n')
}

/** Where graphs made from weights are kept between runs: the platform's folder for caches. */
function cacheFolder(): string {
  const { env, platform } = process
  const home = os.homedir()
  if (env.INKLING_CACHE) return env.INKLING_CACHE
  if (platform === 'win32') return path.join(env.LOCALAPPDATA ?? path.join(home, 'AppData', 'Local'), 'inkling', 'graphs')
  if (platform === 'darwin') return path.join(home, 'Library', 'Caches', 'inkling', 'graphs')
  return path.join(env.XDG_CACHE_HOME ?? path.join(home, '.cache'), 'inkling', 'graphs')
}
