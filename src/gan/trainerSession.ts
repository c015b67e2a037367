import { InklingError, toInklingError } from '../base/errors'
import { findAlarm, spread } from './alarm'
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint'
import { toPixels, unpackDataset, type Dataset } from './dataset'
import { showcaseCount } from './frames'
import { isHealthy, type Backend, type EngineFactory } from './ganEngine'
import { describeGan, imageSize } from './network'
import { Pace } from './pace'
import { answerCall, type Handlers } from './protocol/calls'
import type { FromTrainer, Opened, ToTrainer, TrainerCalls, TrainerNews } from './protocol/trainerProtocol'
import type { Scorer } from './quality'
import { Random } from './random'
import { changeSettings, parseSettings, type TrainingSettings } from './settings'
import { drawStepInput } from './stepInputs'
import { GanTrainer, initialState } from './trainer'

/** What a trainer needs from the process it runs in. */
export interface TrainerEnvironment {
  /** @throws InklingError `gan-backend-unavailable` */
  engineFactory(backend: Backend, files: { readonly tfjsWasm: Uint8Array | undefined; readonly kernels: Uint8Array | undefined }): EngineFactory
  scorer(classifier: Uint8Array): Scorer
  /** Milliseconds; never goes back. */
  now(): number
  /** Resolves after messages that have arrived were delivered. */
  breathe(): Promise<void>
  memoryBytes(): number
  /** The shipped digits and the classifier, where this process reads them itself; elsewhere `load` brings them. */
  readonly shipped?: () => Promise<{ readonly data: Uint8Array; readonly classifier: Uint8Array }>
  post(message: FromTrainer, transfer: readonly ArrayBuffer[]): void
}

const progressEveryMs = 100
const breatheEveryMs = 12
const checkpointEveryMs = 20_000
const alarmEverySteps = 50
const scoreCount = 1000
/** Steps between scores: dense at first, when everything changes. */
const scoreEverySteps = 250

/**
 * Carries the trainer protocol out: one run at a time, steps and calls strictly one after the other, so that an engine
 * never sees two things at once. Used by the page's worker and by the native trainer's process alike.
 */
export class TrainerSession {
  private data: Dataset | undefined
  private realSpread = 0
  private files: { tfjsWasm: Uint8Array | undefined; kernels: Uint8Array | undefined } = { tfjsWasm: undefined, kernels: undefined }
  private scorer: Scorer | undefined
  private trainer: GanTrainer | undefined
  private running = false
  /** Settles when the loop that runs last has ended, with its last checkpoint said. */
  private looping: Promise<void> = Promise.resolve()
  private healthy = true
  /** The chain on which everything that touches the engine waits its turn. */
  private turn: Promise<unknown> = Promise.resolve()
  private readonly pace: Pace

  constructor(private readonly env: TrainerEnvironment) {
    this.pace = new Pace(() => env.now())
  }

  async receive(message: ToTrainer): Promise<void> {
    const settled = await answerCall(this.handlers, message)
    this.env.post(settled, settled.type === 'answer' ? buffersOf(settled.answer) : [])
  }

  dispose(): void {
    this.running = false
    void this.exclusive(async () => this.closeRun())
  }

  private readonly handlers: Handlers<TrainerCalls> = {
    load: async ({ data: given, tfjsWasm, kernels, classifier: givenClassifier }) => {
      const { data, classifier } = given ? { data: given, classifier: givenClassifier } : await this.shipped()
      const set = unpackDataset(data)
      this.data = set
      this.files = { tfjsWasm, kernels }
      this.scorer = classifier && this.env.scorer(classifier)
      this.realSpread = spread(set.pixels.subarray(0, Math.min(set.count, showcaseCount * 10) * imageSize), false)
      return { count: set.count, labelled: set.labels !== undefined }
    },
    measure: (ask) => this.exclusive(() => this.measure(ask.backend, parseSettings(ask.settings), ask.steps)),
    create: (ask) => this.exclusive(async () => this.open(await GanTrainer.create(parseSettings(ask.settings), this.requireData(), this.factory(ask.backend)))),
    resume: (ask) =>
      this.exclusive(async () => {
        const checkpoint = decodeCheckpoint(ask.checkpoint)
        const settings = changeSettings(checkpoint.settings, ask.change)
        return this.open(await GanTrainer.resume({ ...checkpoint, settings }, this.requireData(), this.factory(ask.backend)))
      }),
    run: () => {
      this.requireTrainer()
      if (!this.running) {
        this.running = true
        this.looping = this.loop()
      }
      return {}
    },
    pause: async () => {
      const trainer = this.requireTrainer()
      this.running = false
      await this.looping
      return { step: trainer.step }
    },
    stepOnce: () =>
      this.exclusive(async () => {
        const trainer = this.requireTrainer()
        if (!this.running && !trainer.isFinished) await this.advance(trainer, true)
        return { step: trainer.step }
      }),
    change: ({ change }) => this.exclusive(async () => ({ settings: this.requireTrainer().change(change) })),
    sample: (ask) =>
      this.exclusive(async () => {
        const trainer = this.requireTrainer()
        if (ask.weights !== 'untrained') return { pixels: await trainer.draw({ latents: ask.latents, labels: ask.labels, weights: ask.weights }) }
        return { pixels: await this.drawUntrained(trainer, ask.latents, ask.labels) }
      }),
    score: () => this.exclusive(async () => ({ score: await this.score(this.requireTrainer()) })),
    snapshot: () =>
      this.exclusive(async () => {
        const trainer = this.requireTrainer()
        return { step: trainer.step, checkpoint: encodeCheckpoint(await trainer.snapshot()) }
      }),
    close: () =>
      this.exclusive(async () => {
        this.closeRun()
        return {}
      }),
  }

  private async loop(): Promise<void> {
    let breathed = this.env.now()
    let saved = breathed
    this.pace.begin(this.trainer?.step ?? 0)
    this.say({ type: 'state', state: 'running', step: this.trainer?.step ?? 0 })
    while (this.running) {
      const trainer = this.trainer
      if (!trainer || trainer.isFinished) break
      try {
        await this.exclusive(() => this.advance(trainer, false))
        if (this.env.now() - saved >= checkpointEveryMs) {
          await this.exclusive(() => this.save(trainer))
          saved = this.env.now()
        }
      } catch (error) {
        this.lose(trainer, error)
        return
      }
      if (this.env.now() - breathed >= breatheEveryMs) {
        await this.env.breathe()
        breathed = this.env.now()
      }
    }
    await this.finish()
  }

  private async finish(): Promise<void> {
    this.running = false
    const trainer = this.trainer
    if (!trainer) return
    try {
      await this.exclusive(async () => {
        this.sayProgress(trainer)
        await this.save(trainer)
      })
    } catch (error) {
      this.lose(trainer, error)
      return
    }
    this.say({ type: 'state', state: trainer.isFinished ? 'finished' : 'paused', step: trainer.step })
  }

  private async advance(trainer: GanTrainer, alone: boolean): Promise<void> {
    await trainer.advance()
    const newest = trainer.frames.all.at(-1)
    if (newest?.step === trainer.step) this.say({ type: 'frame', step: newest.step, pixels: newest.pixels })
    if (this.scorer && (trainer.step % scoreEverySteps === 0 || trainer.isFinished)) await this.score(trainer)
    if (alone || this.pace.due(progressEveryMs)) this.sayProgress(trainer)
    if (trainer.step % alarmEverySteps === 0 || !Number.isFinite(trainer.curves.recent('lossGenerator', 1)[0] ?? 0)) this.watch(trainer)
  }

  private watch(trainer: GanTrainer): void {
    const alarm = this.healthy ? findAlarm(trainer.settings, trainer.curves, trainer.frames.all.at(-1), this.realSpread) : undefined
    if (!alarm) return
    this.healthy = false
    this.running = false
    this.say({ type: 'alarm', alarm })
  }

  private async score(trainer: GanTrainer): Promise<ReturnType<Scorer['score']>> {
    if (!this.scorer) throw InklingError.of('internal', { reason: 'no classifier is loaded' })
    const { pixels, labels } = await trainer.drawSeed(trainer.settings.seed, scoreCount)
    const score = this.scorer.score(trainer.step, pixels, labels)
    if (trainer.scores.at(-1)?.step !== score.step) trainer.scores.push(score)
    this.say({ type: 'scored', score })
    return score
  }

  /** A checkpoint that is not finite cannot be read again, so it is not written over one that can. */
  private async save(trainer: GanTrainer): Promise<void> {
    const snapshot = await trainer.snapshot()
    if (!isHealthy(snapshot.engine)) return
    const { step, backend, settings } = snapshot
    this.say({ type: 'checkpoint', step, good: this.healthy, backend, settings, checkpoint: encodeCheckpoint(snapshot) })
  }

  private async measure(backend: Backend, settings: TrainingSettings, steps: number): Promise<{ stepMs: number }> {
    if (this.trainer) throw InklingError.of('internal', { reason: 'a run is open' })
    const data = this.requireData()
    const engine = await this.factory(backend)(describeGan(settings), initialState(settings))
    try {
      const random = Random.from(settings.seed, 'training')
      const times: number[] = []
      // Plain JavaScript compiles no shader and builds no graph, and its steps are the longest.
      const warmUp = backend === 'cpu' ? 0 : 1
      for (let step = 1; step <= steps + warmUp; step++) {
        const input = drawStepInput(step, settings, data, random)
        const began = this.env.now()
        await engine.step(input, settings)
        if (step > warmUp) times.push(this.env.now() - began)
      }
      return { stepMs: times.sort((a, b) => a - b)[times.length >> 1] ?? 0 }
    } finally {
      engine.dispose()
    }
  }

  private async drawUntrained(trainer: GanTrainer, latents: Float32Array, labels: Uint8Array | undefined): Promise<Uint8Array> {
    const engine = await this.factory(trainer.backend)(describeGan(trainer.settings), initialState(trainer.settings))
    try {
      return toPixels(await engine.sample({ latents, labels, weights: 'raw' }))
    } finally {
      engine.dispose()
    }
  }

  private open(trainer: GanTrainer): Opened {
    this.closeRun()
    this.trainer = trainer
    this.healthy = true
    this.pace.begin(trainer.step)
    return {
      settings: trainer.settings,
      backend: trainer.backend,
      step: trainer.step,
      curves: trainer.curves.toArray(),
      scores: [...trainer.scores],
      frames: trainer.frames.all.map(({ step, pixels }) => ({ step, pixels: pixels.slice() })),
    }
  }

  private closeRun(): void {
    this.running = false
    this.trainer?.dispose()
    this.trainer = undefined
    this.pace.forget()
  }

  private lose(trainer: GanTrainer, error: unknown): void {
    this.closeRun()
    const caught = toInklingError(error)
    const lost = caught.code === 'internal' ? InklingError.of('gan-backend-lost', { backend: trainer.backend, step: trainer.step, reason: caught.message }) : caught
    this.say({ type: 'lost', step: trainer.step, error: { code: lost.code, facts: lost.facts } })
  }

  private sayProgress(trainer: GanTrainer): void {
    const { steps } = trainer.settings
    const stepsPerSecond = this.pace.rate(trainer.step)
    this.say({
      type: 'progress',
      step: trainer.step,
      steps,
      rows: trainer.curves.rowsAfter(this.pace.told(trainer.step)),
      stepsPerSecond,
      secondsLeft: stepsPerSecond > 0 ? (steps - trainer.step) / stepsPerSecond : Number.POSITIVE_INFINITY,
      memoryBytes: this.env.memoryBytes(),
    })
  }

  private say(news: TrainerNews): void {
    this.env.post(news, news.type === 'checkpoint' ? buffersOf(news) : [])
  }

  private exclusive<T>(action: () => Promise<T>): Promise<T> {
    const result = this.turn.then(action, action)
    this.turn = result.catch(() => {})
    return result
  }

  private factory(backend: Backend): EngineFactory {
    return this.env.engineFactory(backend, this.files)
  }

  private shipped(): Promise<{ readonly data: Uint8Array; readonly classifier: Uint8Array }> {
    if (!this.env.shipped) throw InklingError.of('gan-dataset-broken', { reason: 'none was given' })
    return this.env.shipped()
  }

  private requireData(): Dataset {
    if (!this.data) throw InklingError.of('gan-dataset-broken', { reason: 'none was loaded' })
    return this.data
  }

  private requireTrainer(): GanTrainer {
    if (!this.trainer) throw InklingError.of('internal', { reason: 'no run is open' })
    return this.trainer
  }
}

/** Buffers in an answer that nobody here needs any more. */
function buffersOf(answer: unknown): ArrayBuffer[] {
  if (typeof answer !== 'object' || answer === null) return []
  return Object.values(answer).flatMap((value) => (value instanceof Uint8Array && value.buffer instanceof ArrayBuffer && value.byteLength === value.buffer.byteLength ? [value.buffer] : []))
}
