import { InklingError } from '../base/errors'
import type { IDisposable } from '../base/lifecycle'
import type { Checkpoint, DatasetIdentity } from './checkpoint'
import { crc32 } from './crc32'
import { Curves } from './curves'
import { toPixels, type Dataset } from './dataset'
import type { EngineFactory, EngineState, GanEngine, NetworkState, SampleRequest, StepResult } from './ganEngine'
import { Frames } from './frames'
import { initialWeights } from './initialWeights'
import { describeGan, parameterCount, type Network } from './network'
import type { Score } from './quality'
import { Random } from './random'
import { drawSamples, showcase } from './sampling'
import { changeSettings, type TrainingSettings } from './settings'
import { drawStepInput } from './stepInputs'

const firstFrameDistance = 10

/**
 * A training run: an engine that computes, the pictures, the random numbers, and what is remembered. The same on every
 * backend and in every process. One call at a time.
 */
export class GanTrainer implements IDisposable {
  readonly scores: Score[]
  private readonly identity: DatasetIdentity

  private constructor(
    private readonly engine: GanEngine,
    private readonly data: Dataset,
    private readonly random: Random,
    private wanted: TrainingSettings,
    private done: number,
    readonly curves: Curves,
    readonly frames: Frames,
    scores: readonly Score[],
  ) {
    this.identity = identify(data)
    this.scores = [...scores]
  }

  /** A new run at step 0, with its first frame drawn. @throws InklingError */
  static async create(settings: TrainingSettings, data: Dataset, makeEngine: EngineFactory): Promise<GanTrainer> {
    requireLabels(settings, data)
    const engine = await makeEngine(describeGan(settings), initialState(settings))
    const trainer = new GanTrainer(engine, data, Random.from(settings.seed, 'training'), settings, 0, new Curves(), new Frames(firstFrameDistance), [])
    await trainer.keepFrame()
    return trainer
  }

  /** Goes on where the checkpoint stopped, exactly. @throws InklingError `gan-checkpoint-other` when the pictures are others */
  static async resume(checkpoint: Checkpoint, data: Dataset, makeEngine: EngineFactory): Promise<GanTrainer> {
    const { settings, step, random, engine: state, curves, frames, scores } = checkpoint
    requireLabels(settings, data)
    const identity = identify(data)
    if (identity.count !== checkpoint.data.count || identity.crc !== checkpoint.data.crc) {
      throw InklingError.of('gan-checkpoint-other', { reason: 'it learnt from other pictures' })
    }
    const engine = await makeEngine(describeGan(settings), state)
    return new GanTrainer(engine, data, Random.restore(random), settings, step, curves, frames, scores)
  }

  get settings(): TrainingSettings {
    return this.wanted
  }

  get backend(): GanEngine['backend'] {
    return this.engine.backend
  }

  /** Steps done. */
  get step(): number {
    return this.done
  }

  get isFinished(): boolean {
    return this.done >= this.wanted.steps
  }

  /** One step: trains, notes the curves, draws a frame when one is due. */
  async advance(): Promise<StepResult> {
    const input = drawStepInput(this.done + 1, this.wanted, this.data, this.random)
    const result = await this.engine.step(input, this.wanted)
    this.done = input.step
    this.curves.add(input.step, result)
    if (this.frames.wants(input.step)) await this.keepFrame()
    return result
  }

  /** Takes effect with the next step. @throws InklingError and changes nothing */
  change(change: unknown): TrainingSettings {
    this.wanted = changeSettings(this.wanted, change)
    return this.wanted
  }

  /** @returns [n, 784] grey levels */
  async draw(request: SampleRequest): Promise<Uint8Array> {
    return toPixels(await this.engine.sample(request))
  }

  /** `count` samples of a seed as grey levels, with the digits asked for. */
  async drawSeed(seed: number, count: number): Promise<{ readonly pixels: Uint8Array; readonly labels: Uint8Array | undefined }> {
    const request = drawSamples(this.wanted, seed, count, undefined, 'score')
    return { pixels: await this.draw(request), labels: request.labels }
  }

  async snapshot(): Promise<Checkpoint> {
    return {
      settings: this.wanted,
      step: this.done,
      random: this.random.state,
      backend: this.engine.backend,
      data: this.identity,
      engine: await this.engine.read(),
      curves: this.curves,
      scores: this.scores,
      frames: this.frames,
    }
  }

  dispose(): void {
    this.engine.dispose()
  }

  private async keepFrame(): Promise<void> {
    this.frames.add({ step: this.done, pixels: await this.draw(showcase(this.wanted)) })
  }
}

/** Untrained networks, as the seed makes them. */
export function initialState(settings: TrainingSettings): EngineState {
  const { generator, discriminator } = describeGan(settings)
  const random = Random.from(settings.seed, 'weights')
  const untouched = (network: Network): NetworkState => ({
    weights: initialWeights(network, random),
    firstMoment: new Float32Array(parameterCount(network)),
    secondMoment: new Float32Array(parameterCount(network)),
    updates: 0,
  })
  const first = untouched(generator)
  return { generator: first, discriminator: untouched(discriminator), average: first.weights.slice() }
}

function identify(data: Dataset): DatasetIdentity {
  return { count: data.count, crc: crc32(data.pixels) }
}

function requireLabels(settings: TrainingSettings, data: Dataset): void {
  if (settings.conditional && !data.labels) throw InklingError.of('gan-dataset-unlabelled', {})
}
