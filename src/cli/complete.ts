import * as path from 'node:path'
import { Completer } from '../completion/completer'
import type { Continuer } from '../completion/question'
import { defaultSettings } from '../completion/settings'
import { explain } from '../completion/silence'
import { textOf } from '../completion/textView'
import { systemClock } from '../engine/systemClock'
import type { Handlers } from '../engine/server'
import type { AnyModelSpec } from '../engine/protocol'
import { printJson, readText, type Io } from './io'
import { modelOptions, modelSpec, Options, UsageError, type Places } from './options'

export const completeUsage = `inkling complete FILE --offset N [--explicit] [--confidence quiet|balanced|eager] [--language ID]
                 [--model DIR|NAME | --server URL] [--device D] [--threads N] [--precision fp32|int8|int4] [--json]

Prints what the editor would show at offset N of FILE (in UTF-16 units, as editors count), and why if nothing.`

/** Language identifiers by the end of a file's name, as editors give them. */
const languages: readonly (readonly [RegExp, string])[] = [
  [/\.(md|markdown|mdown)$/i, 'markdown'],
  [/\.(tex|ltx)$/i, 'latex'],
  [/\.rst$/i, 'restructuredtext'],
  [/\.(adoc|asciidoc)$/i, 'asciidoc'],
  [/(^|[\\/])(COMMIT_EDITMSG|MERGE_MSG)$/, 'git-commit'],
  [/\.(ts|mts|cts)$/i, 'typescript'],
  [/\.(js|mjs|cjs)$/i, 'javascript'],
  [/\.py$/i, 'python'],
  [/\.(c|h)$/i, 'c'],
  [/\.(cpp|cc|hpp)$/i, 'cpp'],
  [/\.rs$/i, 'rust'],
  [/\.go$/i, 'go'],
  [/\.java$/i, 'java'],
]

export async function complete(args: readonly string[], handlers: Handlers<AnyModelSpec>, places: Places, io: Io): Promise<void> {
  const options = Options.parse(args, {
    ...modelOptions,
    offset: { type: 'string' },
    explicit: { type: 'boolean' },
    confidence: { type: 'string' },
    language: { type: 'string' },
  })
  const file = options.single('FILE')
  const text = await readText(file, io)
  const offset = options.integer('offset', 0, text.length)
  if (offset === undefined) throw new UsageError('--offset is missing')
  const model = modelSpec(options, places)
  const languageId = options.text('language') ?? languages.find(([pattern]) => pattern.test(file))?.[1] ?? 'plaintext'
  const loaded = await handlers.load({ model }, { signal: io.signal, partial: () => {} })

  const completer = new Completer(continuerOver(handlers, model), systemClock, { lookAhead: false })
  const completion = await completer.complete(
    {
      document: { id: path.resolve(file), languageId, text: textOf(text), readOnly: false },
      offset,
      trigger: options.flag('explicit') ? { kind: 'explicit' } : { kind: 'automatic', edit: 'typed' },
      settings: {
        ...defaultSettings,
        confidence: options.choice('confidence', ['quiet', 'balanced', 'eager']) ?? defaultSettings.confidence,
        inComments: true,
        contextLength: loaded.contextLength,
      },
    },
    io.signal,
  )

  const shown = completion.kind === 'shown' ? completion.items : []
  const reason = completion.kind === 'silent' ? completion.reason : null
  if (options.flag('json')) {
    printJson(io, {
      model: loaded.description.name,
      language: languageId,
      offset,
      shown: shown.map(({ text: suggestion, continuation }) => ({ text: suggestion, firstWord: continuation.firstWord, joint: continuation.joint, finish: continuation.finish })),
      reason,
      explanation: reason === null ? null : explain(reason),
    })
  } else if (reason === null) {
    io.stdout.write(shown.map((item) => item.text + '\n').join(''))
  } else {
    io.stderr.write(`Nothing is shown: ${explain(reason)}\n`)
  }
}

/** The engine in this process as the completer knows it. */
function continuerOver(handlers: Handlers<AnyModelSpec>, model: AnyModelSpec): Continuer {
  return {
    continue: (request, session, signal, onPartial) =>
      handlers.continue({ model, session, request }, { signal, partial: ({ candidate, text }) => candidate === 0 && onPartial(text) }),
  }
}
