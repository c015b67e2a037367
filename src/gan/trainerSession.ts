import { InklingError } from '../base/errors'
import { Mutex } from '../base/mutex'
import { spread } from './alarm'
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint'
import { toPixels, unpackDataset, type Dataset } from './dataset'
import { showcaseCount } from './frames'
import type { Backend, EngineFactory } from './ganEngine'
import { measureStep } from './measureStep'
import { describeGan, imageSize } from './network'
import { OpenRun } from './openRun'
import { answerCall, type Handlers } from './protocol/calls'
import type { FromTrainer, Opened, ToTrainer, TrainerCalls, TrainerNews } from './protocol/trainerProtocol'
import type { Scorer } from './quality'
import { changeSettings, parseSettings } from './settings'
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

/**
 * Carries the trainer protocol out: one run at a time, steps and calls strictly one after the other, so that an engine
 * never sees two things at once. Used by the page's worker and by the native trainer's process alike.
 */
export class TrainerSession {
  private data: Dataset | undefined
  private realSpread = 0
  private files: { tfjsWasm: Uint8Array | undefined; kernels: Uint8Array | undefined } = { tfjsWasm: undefined, kernels: undefined }
  private scorer: Scorer | undefined
  private run: OpenRun | undefined
  /** Everything that touches the engine waits its turn. */
  private readonly turns = new Mutex()

  constructor(private readonly env: TrainerEnvironment) {}

  async receive(message: ToTrainer): Promise<void> {
    const settled = await answerCall(this.handlers, message)
    this.env.post(settled, settled.type === 'answer' ? buffersOf(settled.answer) : [])
  }

  dispose(): void {
    void this.exclusive(() => this.close())
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
    measure: ({ backend, settings, steps }) =>
      this.exclusive(async () => {
        if (this.run) throw InklingError.of('internal', { reason: 'a run is open' })
        return { stepMs: await measureStep(backend, this.factory(backend), parseSettings(settings), this.requireData(), steps, () => this.env.now()) }
      }),
    create: (ask) => this.exclusive(async () => this.open(await GanTrainer.create(parseSettings(ask.settings), this.requireData(), this.factory(ask.backend)))),
    resume: (ask) =>
      this.exclusive(async () => {
        const checkpoint = decodeCheckpoint(ask.checkpoint)
        const settings = changeSettings(checkpoint.settings, ask.change)
        return this.open(await GanTrainer.resume({ ...checkpoint, settings }, this.requireData(), this.factory(ask.backend)))
      }),
    run: () => {
      this.requireRun().run()
      return {}
    },
    pause: async () => {
      const run = this.requireRun()
      await run.pause()
      return { step: run.trainer.step }
    },
    stepOnce: () =>
      this.exclusive(async () => {
        const run = this.requireRun()
        await run.stepOnce()
        return { step: run.trainer.step }
      }),
    change: ({ change }) => this.exclusive(async () => ({ settings: this.requireRun().trainer.change(change) })),
    sample: (ask) =>
      this.exclusive(async () => {
        const { trainer } = this.requireRun()
        if (ask.weights !== 'untrained') return { pixels: await trainer.draw({ latents: ask.latents, labels: ask.labels, weights: ask.weights }) }
        return { pixels: await this.drawUntrained(trainer, ask.latents, ask.labels) }
      }),
    score: () => this.exclusive(async () => ({ score: await this.requireRun().score() })),
    snapshot: () =>
      this.exclusive(async () => {
        const { trainer } = this.requireRun()
        return { step: trainer.step, checkpoint: encodeCheckpoint(await trainer.snapshot()) }
      }),
    close: () =>
      this.exclusive(async () => {
        await this.close()
        return {}
      }),
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
    this.run?.close()
    this.run = new OpenRun(trainer, {
      now: () => this.env.now(),
      breathe: () => this.env.breathe(),
      memoryBytes: () => this.env.memoryBytes(),
      say: (news) => this.say(news),
      exclusive: (action) => this.exclusive(action),
      scorer: this.scorer,
      realSpread: this.realSpread,
    })
    return {
      settings: trainer.settings,
      backend: trainer.backend,
      step: trainer.step,
      curves: trainer.curves.toArray(),
      scores: [...trainer.scores],
      frames: trainer.frames.all.map(({ step, pixels }) => ({ step, pixels: pixels.slice() })),
    }
  }

  private close(): Promise<void> {
    this.run?.close()
    this.run = undefined
    return Promise.resolve()
  }

  private say(news: TrainerNews): void {
    // A run that was lost is not open any more: the next may be measured.
    if (news.type === 'lost') this.run = undefined
    this.env.post(news, news.type === 'checkpoint' ? buffersOf(news) : [])
  }

  private exclusive<T>(action: () => Promise<T>): Promise<T> {
    return this.turns.run(action)
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

  private requireRun(): OpenRun {
    if (!this.run) throw InklingError.of('internal', { reason: 'no run is open' })
    return this.run
  }
}

/** Buffers in an answer that nobody here needs any more. */
function buffersOf(answer: unknown): ArrayBuffer[] {
  if (typeof answer !== 'object' || answer === null) return []
  return Object.values(answer).flatMap((value) => (value instanceof Uint8Array && value.buffer instanceof ArrayBuffer && value.byteLength === value.buffer.byteLength ? [value.buffer] : []))
}
