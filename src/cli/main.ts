#!/usr/bin/env node
import * as os from 'node:os'
import * as path from 'node:path'
import { isCancelled } from '../base/cancellation'
import { toInklingError, type InklingError } from '../base/errors'
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

type Command = (args: readonly string[], handlers: Handlers<AnyModelSpec>, places: Places, io: Io) => Promise<void>

const commands: Readonly<Record<string, { readonly run: Command; readonly usage: string; readonly runsModel?: true }>> = {
  generate: { run: generate, usage: generateUsage, runsModel: true },
  tokenize: { run: tokenize, usage: tokenizeUsage },
  score: { run: score, usage: scoreUsage, runsModel: true },
  complete: { run: complete, usage: completeUsage, runsModel: true },
  models: { run: models, usage: modelsUsage },
  gan: { run: (args, _handlers, _places, io) => ganCommand(args, io, path.join(__dirname, 'studio')), usage: ganUsage },
}

/** What all commands that use a model have in common. */
const modelUsage = `${deviceUsage(cacheFolder())}

--server URL asks a server with OpenAI's completions protocol (llama-server, vLLM) instead of a model on this machine;
--model is then its name there, and the key is taken from INKLING_SERVER_KEY. --allow-http permits a server on another
machine without encryption.`

const usage = `Usage:\n\n${Object.values(commands).map((command) => command.usage).join('\n\n')}\n\n${modelUsage}\n`

/** @returns the exit code: 0 done, 1 failed with one line that says how to mend it, 2 wrong usage */
async function main(argv: readonly string[], io: Io): Promise<number> {
  const [name = '', ...args] = argv
  if (name === '--help' || name === '-h' || name === 'help') {
    io.stdout.write(usage)
    return 0
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command) {
    io.stderr.write(`inkling: ${name === '' ? 'a command is missing' : `there is no command ${name}`}\n\n${usage}`)
    return 2
  }
  if (args.includes('--help') || args.includes('-h')) {
    io.stdout.write(`${command.usage}\n${command.runsModel ? `\n${modelUsage}\n` : ''}`)
    return 0
  }
  const root = path.join(__dirname, '..')
  const cache = cacheFolder()
  const engine = createEngine({ onStatus: () => {}, onWarning: (warning) => tellWarning(warning, io) })
  // One key is enough for one command; it is sent to the server that the command names.
  const auto = autoDevice(root, cache, io)
  const served = createServedEngine({ keyFor: async () => process.env.INKLING_SERVER_KEY, onStatus: () => {}, clock: systemClock })
  try {
    await command.run(args, handlersOfPlaces(withAutoDevice(engine.handlers, auto, io.signal), served), { embeddedModel: path.join(root, 'media/model'), cache }, io)
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

const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort())
// A reader that closes early (head) is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
void main(process.argv.slice(2), { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, signal: interrupted.signal }).then((code) => {
  process.exitCode = code
})
