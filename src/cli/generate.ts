import { InklingError } from '../base/errors'
import type { AnyModelSpec } from '../engine/protocol'
import type { Handlers } from '../engine/server'
import { printJson, readStdin, type Io } from './io'
import { modelOptions, modelSpec, Options, sampling, samplingOptions, UsageError, type Places } from './options'

export const generateUsage = `inkling generate PROMPT [--model DIR|NAME | --server URL] [--max-length N | --max-new-tokens N] [--num-return-sequences N]
                 [--greedy | --temperature T --top-k K --top-p P --repetition-penalty R --seed S]
                 [--device D] [--threads N] [--precision fp32|int8|int4] [--json]

Continues PROMPT; - reads it from standard input. --max-length counts the prompt's tokens, --max-new-tokens does not.`

/** As `transformers` does when neither length is given. */
const defaultMaxNewTokens = 50

export async function generate(args: readonly string[], handlers: Handlers<AnyModelSpec>, places: Places, io: Io): Promise<void> {
  const options = Options.parse(args, {
    ...modelOptions,
    ...samplingOptions,
    'max-length': { type: 'string' },
    'max-new-tokens': { type: 'string' },
    'num-return-sequences': { type: 'string' },
  })
  const model = modelSpec(options, places)
  const maxLength = options.integer('max-length', 1, 1_000_000)
  const maxNew = options.integer('max-new-tokens', 1, 1_000_000)
  if (maxLength !== undefined && maxNew !== undefined) throw new UsageError('--max-length and --max-new-tokens exclude each other')
  const sequences = options.integer('num-return-sequences', 1, 64) ?? 1
  const drawn = sampling(options, () => Math.floor(Math.random() * 2 ** 32))
  const positional = options.single('PROMPT', 'put a PROMPT of several words in quotes')
  const prompt = positional === '-' ? await readStdin(io) : positional
  if (prompt.trim() === '') throw InklingError.of('prompt-empty', {})

  const scope = { signal: io.signal, partial: () => {} }
  const loaded = await handlers.load({ model }, scope)
  let maxNewTokens = maxNew ?? defaultMaxNewTokens
  if (maxLength !== undefined) {
    const { ids } = await handlers.tokenize({ model, text: prompt }, scope)
    maxNewTokens = maxLength - ids.length
    if (maxNewTokens < 1) throw InklingError.of('max-length-too-short', { maxLength, promptTokens: ids.length })
  }

  // One sequence can be watched as it grows; several would run into each other.
  const stream = sequences === 1 && !options.flag('json')
  if (stream) io.stdout.write(prompt)
  const result = await handlers.generate(
    { model, prompt, maxNewTokens, sequences, sampling: drawn, stop: [] },
    { signal: io.signal, partial: ({ text }) => stream && io.stdout.write(text) },
  )
  if (stream) io.stdout.write('\n')
  // Where it runs now: a device that failed has given way.
  const { description } = await handlers.load({ model }, scope)
  if (result.promptCut) io.stderr.write(`The prompt is longer than the model's context of ${loaded.contextLength} tokens; its end was used.\n`)
  if (options.flag('json')) {
    const decoded = result.sequences.reduce((sum, sequence) => sum + sequence.tokens.length, 0)
    printJson(io, {
      model: loaded.description.name,
      prompt,
      promptTokens: result.promptTokens,
      sequences: result.sequences.map((sequence) => ({ ...sequence, text: prompt + sequence.text })),
      timings: {
        loadMs: loaded.loadMs,
        prefillMs: result.prefillMs,
        decodeMs: result.decodeMs,
        tokensPerSecond: result.decodeMs > 0 && decoded > 0 ? (decoded * 1000) / result.decodeMs : null,
        ...('device' in description ? { device: description.device, precision: description.precision } : {}),
      },
    })
  } else if (!stream) {
    io.stdout.write(result.sequences.map((sequence) => prompt + sequence.text).join('\n\n') + '\n')
  }
}
