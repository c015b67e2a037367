import type { AnyModelSpec } from '../engine/protocol'
import type { Handlers } from '../engine/server'
import { printJson, readText, type Io } from './io'
import { modelOptions, modelSpec, Options, type Places } from './options'

export const scoreUsage = `inkling score FILE [--model DIR|NAME | --server URL] [--device D] [--threads N] [--precision fp32|int8|int4] [--json]

Prints how likely the model found each token of FILE (- is standard input), and the bits per byte of the whole.`

export async function score(args: readonly string[], handlers: Handlers<AnyModelSpec>, places: Places, io: Io): Promise<void> {
  const options = Options.parse(args, modelOptions)
  const text = await readText(options.single('FILE'), io)
  const model = modelSpec(options, places)
  const scope = { signal: io.signal, partial: () => {} }
  const loaded = await handlers.load({ model }, scope)
  const { tokens, bits, bytes } = await handlers.score({ model, text, alternatives: 0 }, scope)
  const bitsPerByte = bytes > 0 ? bits / bytes : 0
  if (options.flag('json')) {
    printJson(io, {
      model: loaded.description.name,
      tokens: tokens.map(({ id, text: piece, logprob, rank, entropy }) => ({ id, text: piece, logprob, rank, entropy })),
      bits,
      bytes,
      bitsPerByte,
    })
    return
  }
  io.stdout.write(row(['logprob', 'rank', 'entropy'], 'token'))
  for (const { logprob, rank, entropy, text: piece } of tokens) {
    io.stdout.write(row([logprob?.toFixed(3), rank?.toString(), entropy?.toFixed(2)], JSON.stringify(piece)))
  }
  io.stdout.write(`${bits.toFixed(1)} bits over ${bytes} bytes: ${bitsPerByte.toFixed(4)} bits per byte\n`)
}

function row(cells: readonly (string | undefined)[], last: string): string {
  return `${cells.map((cell) => (cell ?? '-').padStart(8)).join('')}  ${last}\n`
}
