import * as path from 'node:path'
import { CancelledError } from '../base/cancellation'
import { InklingError } from '../base/errors'
import { RunFolder } from '../engine/gan/runFolder'
import { nodeEngineFactory } from '../engine/gan/nodeEngines'
import { StudioFiles } from '../engine/gan/studioFiles'
import { alarmText, findAlarm, spread } from '../gan/alarm'
import type { Checkpoint } from '../gan/checkpoint'
import { unpackDataset, type Dataset } from '../gan/dataset'
import { showcaseCount } from '../gan/frames'
import { isHealthy, type Backend, type EngineFactory } from '../gan/ganEngine'
import { digitCount, imageSize } from '../gan/network'
import { changeSettings, defaultPreset, parseSettings, presetNames, presets, type TrainingSettings } from '../gan/settings'
import { GanTrainer } from '../gan/trainer'
import { GanProgress } from './ganProgress'
import { pictureGrid } from './ganPictures'
import { parseAssignments } from './ganSettings'
import type { Io } from './io'
import { Options, UsageError } from './options'

const checkpointEveryMs = 20_000
const watchEverySteps = 50
/** Where to train when nobody says: the first that runs here. */
const automatic: readonly Backend[] = ['native', 'wasm', 'cpu']

export async function ganTrain(args: readonly string[], io: Io, studioFolder: string): Promise<void> {
  const options = Options.parse(args, {
    steps: { type: 'string' }, preset: { type: 'string' }, batch: { type: 'string' }, seed: { type: 'string' }, set: { type: 'string', multiple: true },
    backend: { type: 'string' }, out: { type: 'string' }, resume: { type: 'string' },
  })
  if (options.positionals.length > 0) throw new UsageError(`unexpected argument ${options.positionals[0]}`)
  const backend = options.choice('backend', ['auto', 'native', 'tfjs-node', 'wasm', 'cpu']) ?? 'auto'
  const from = options.text('resume')
  const out = options.text('out') ?? from
  if (out === undefined) throw new UsageError('--out is missing')
  const run = new RunFolder(out)
  const continued = from === undefined ? undefined : await new RunFolder(from).load()
  if ((from === undefined || path.resolve(from) !== path.resolve(out)) && (await run.exists())) throw InklingError.of('gan-run-exists', { folder: out })
  const settings = continued ? changeSettings(continued.settings, wishes(options, continued)) : parseSettings({ ...presets[defaultPreset], ...wishes(options, undefined) })

  const files = new StudioFiles(studioFolder)
  const data = unpackDataset(await files.digits())
  const trainer = await start(backend, files, (makeEngine) => (continued ? GanTrainer.resume({ ...continued, settings }, data, makeEngine) : GanTrainer.create(settings, data, makeEngine)))
  try {
    io.stderr.write(`Training on ${trainer.backend}${continued ? `, on from step ${trainer.step}` : ''}, to step ${settings.steps}.\n`)
    await train(trainer, run, data, io)
  } finally {
    trainer.dispose()
  }
}

/** What the options ask of the settings. */
function wishes(options: Options, continued: Checkpoint | undefined): Partial<TrainingSettings> {
  const preset = options.choice('preset', presetNames)
  const batch = options.number('batch', Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)
  const seed = options.number('seed', Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)
  const steps = options.number('steps', Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY)
  if (!continued && steps === undefined) throw new UsageError('--steps is missing')
  const { seed: presetSeed, steps: presetSteps, ...rest } = presets[preset ?? defaultPreset]
  return {
    ...(preset !== undefined && rest),
    ...(!continued && { seed: presetSeed, steps: presetSteps }),
    ...(batch !== undefined && { batchSize: batch }),
    ...(seed !== undefined && { seed }),
    ...(steps !== undefined && { steps: continued && steps <= continued.step ? continued.step + steps : steps }),
    ...parseAssignments(options.texts('set')),
  }
}

async function start(backend: Backend | 'auto', files: StudioFiles, open: (makeEngine: EngineFactory) => Promise<GanTrainer>): Promise<GanTrainer> {
  const candidates = backend === 'auto' ? automatic : [backend]
  for (const [i, candidate] of candidates.entries()) {
    try {
      return await open(nodeEngineFactory(candidate, files))
    } catch (error) {
      const absent = error instanceof InklingError && error.code === 'gan-backend-unavailable'
      if (!absent || i === candidates.length - 1) throw error
    }
  }
  throw InklingError.of('gan-backend-unavailable', { backend, reason: 'none is known' })
}

async function train(trainer: GanTrainer, run: RunFolder, data: Dataset, io: Io): Promise<void> {
  const progress = new GanProgress(io.stderr, trainer.step, () => performance.now())
  const realSpread = spread(data.pixels.subarray(0, Math.min(data.count, 10 * showcaseCount) * imageSize), false)
  let saved = performance.now()
  let warned = false
  while (!trainer.isFinished && !io.signal.aborted) {
    const result = await trainer.advance()
    progress.show(trainer.step, trainer.settings.steps, result)
    if (trainer.step % watchEverySteps === 0 || !Number.isFinite(result.lossReal + result.lossFake + result.lossGenerator)) {
      const alarm = warned ? undefined : findAlarm(trainer.settings, trainer.curves, trainer.frames.all.at(-1), realSpread)
      if (alarm?.kind === 'not-finite') throw InklingError.of('gan-diverged', { step: trainer.step })
      if (alarm) {
        warned = true
        progress.note(`At step ${alarm.step}: ${alarmText[alarm.kind]}`)
      }
    }
    if (performance.now() - saved >= checkpointEveryMs) {
      await save(trainer, run)
      saved = performance.now()
    }
  }
  await save(trainer, run)
  progress.end()
  if (!trainer.isFinished) {
    io.stderr.write(`Stopped at step ${trainer.step} of ${trainer.settings.steps}; nothing is lost. Go on with: inkling gan train --resume ${quoted(run.folder)}\n`)
    throw new CancelledError()
  }
  const pictures = trainer.frames.all.at(-1)?.pixels
  if (pictures) await run.write('samples.png', pictureGrid(pictures, digitCount))
  io.stderr.write(`Done: ${trainer.step} steps in ${progress.elapsed}. The run is in ${run.folder}.\n`)
}

/** @throws InklingError `gan-diverged` rather than write what could not be continued */
async function save(trainer: GanTrainer, run: RunFolder): Promise<void> {
  const snapshot = await trainer.snapshot()
  if (!isHealthy(snapshot.engine)) throw InklingError.of('gan-diverged', { step: trainer.step })
  await run.save(snapshot)
}

function quoted(folder: string): string {
  return /^[\w./\\:-]+$/.test(folder) ? folder : JSON.stringify(folder)
}
