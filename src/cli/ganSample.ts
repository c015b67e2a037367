import * as path from 'node:path'
import { InklingError } from '../base/errors'
import { writeAtomically } from '../engine/atomicFile'
import { nodeEngineFactory } from '../engine/gan/nodeEngines'
import { RunFolder } from '../engine/gan/runFolder'
import { StudioFiles } from '../engine/gan/studioFiles'
import type { Checkpoint } from '../gan/checkpoint'
import { toPixels } from '../gan/dataset'
import type { Backend, GanEngine, SampleRequest } from '../gan/ganEngine'
import { describeGan, digitCount, imageSize } from '../gan/network'
import { digitsToOrder, drawSamples } from '../gan/sampling'
import { npyOfPictures, pictureGrid } from './ganPictures'
import { printJson, type Io } from './io'
import { Options, UsageError } from './options'

const mostSamples = 1_000_000
/** Digits to order stand in one row of the picture, up to so many. */
const longestRow = 64
/** Pictures drawn at once. */
const portion = 1000

export async function ganSample(args: readonly string[], io: Io, studioFolder: string): Promise<void> {
  const options = Options.parse(args, { run: { type: 'string' }, count: { type: 'string' }, digits: { type: 'string' }, seed: { type: 'string' }, out: { type: 'string' }, json: { type: 'boolean' } })
  if (options.positionals.length > 0) throw new UsageError(`unexpected argument ${options.positionals[0]}`)
  const folder = required(options, 'run')
  const out = required(options, 'out')
  const kind = path.extname(out).toLowerCase()
  if (kind !== '.png' && kind !== '.npy') throw new UsageError(`--out must end in .png or .npy, not ${out}`)
  const count = options.integer('count', 1, mostSamples)
  const order = options.text('digits')
  if ((count === undefined) === (order === undefined)) throw new UsageError('give either --count or --digits')
  const seed = options.integer('seed', 0, 2 ** 32 - 1) ?? 0

  const checkpoint = await new RunFolder(folder).load()
  const digits = order === undefined ? undefined : digitsToOrder(checkpoint.settings, order)
  const request = drawSamples(checkpoint.settings, seed, digits?.length ?? count ?? 0, digits)
  const pixels = await draw(checkpoint, request, new StudioFiles(studioFolder))
  await writeAtomically(out, kind === '.npy' ? npyOfPictures(pixels) : pictureGrid(pixels, digits ? Math.min(digits.length, longestRow) : digitCount))
  const samples = Array.from({ length: pixels.length / imageSize }, (_, i) => ({ digit: request.labels?.[i] ?? null }))
  if (options.flag('json')) printJson(io, { run: folder, step: checkpoint.step, seed, samples })
  else io.stderr.write(`${samples.length} ${samples.length === 1 ? 'picture' : 'pictures'} of step ${checkpoint.step} in ${out}.\n`)
}

/** @returns [n, 784] grey levels */
async function draw(checkpoint: Checkpoint, request: SampleRequest, files: StudioFiles): Promise<Uint8Array> {
  const { latentSize } = checkpoint.settings
  const engine = await openEngine(checkpoint, files)
  try {
    const count = request.latents.length / latentSize
    const pixels = new Uint8Array(count * imageSize)
    for (let at = 0; at < count; at += portion) {
      const drawn = await engine.sample({ ...request, latents: request.latents.subarray(at * latentSize, (at + portion) * latentSize), labels: request.labels?.subarray(at, at + portion) })
      pixels.set(toPixels(drawn), at * imageSize)
    }
    return pixels
  } finally {
    engine.dispose()
  }
}

async function openEngine(checkpoint: Checkpoint, files: StudioFiles): Promise<GanEngine> {
  const open = (backend: Backend): Promise<GanEngine> => nodeEngineFactory(backend, files)(describeGan(checkpoint.settings), checkpoint.engine)
  try {
    return await open('native')
  } catch (error) {
    if (!(error instanceof InklingError && error.code === 'gan-backend-unavailable')) throw error
    return open('wasm')
  }
}

function required(options: Options, name: string): string {
  const value = options.text(name)
  if (value === undefined || value === '') throw new UsageError(`--${name} is missing`)
  return value
}
