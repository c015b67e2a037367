import { InklingError, toInklingError } from '../base/errors'
import { findAlarm } from './alarm'
import { encodeCheckpoint } from './checkpoint'
import { isHealthy } from './ganEngine'
import { Pace } from './pace'
import type { TrainerNews } from './protocol/trainerProtocol'
import type { Score, Scorer } from './quality'
import type { GanTrainer } from './trainer'

/** What an open run needs of the session it is in. */
export interface OpenRunNeeds {
  /** Milliseconds; never goes back. */
  now(): number
  /** Resolves after messages that have arrived were delivered. */
  breathe(): Promise<void>
  memoryBytes(): number
  say(news: TrainerNews): void
  /** Runs one action at a time: an engine never sees two things at once. */
  exclusive<T>(action: () => Promise<T>): Promise<T>
  /** Judges drawings; undefined for pictures that are no digits. */
  readonly scorer: Scorer | undefined
  /** `spread` of real pictures. */
  readonly realSpread: number
}

const progressEveryMs = 100
const breatheEveryMs = 12
const checkpointEveryMs = 20_000
const alarmEverySteps = 50
const scoreCount = 1000
/** Steps between scores. */
const scoreEverySteps = 250

/** A run while it is open: trains it when told to, and says what happens. */
export class OpenRun {
  private running = false
  private closed = false
  private healthy = true
  /** Settles when the loop that runs last has ended, with its last checkpoint said. */
  private looping: Promise<void> = Promise.resolve()
  private readonly pace: Pace

  constructor(
    readonly trainer: GanTrainer,
    private readonly needs: OpenRunNeeds,
  ) {
    this.pace = new Pace(() => needs.now())
    this.pace.begin(trainer.step)
  }

  /** Trains until the last step, `pause`, an alarm or a failure. */
  run(): void {
    if (this.running) return
    this.running = true
    this.looping = this.loop()
  }

  /** Settles when it stands still and its checkpoint was said. */
  async pause(): Promise<void> {
    this.running = false
    await this.looping
  }

  /** One step of a run that stands still. To be called alone. */
  async stepOnce(): Promise<void> {
    if (!this.running && !this.trainer.isFinished) await this.advance(true)
  }

  /** To be called alone. @throws InklingError when there is nobody to judge */
  async score(): Promise<Score> {
    const { scorer } = this.needs
    if (!scorer) throw InklingError.of('internal', { reason: 'no classifier is loaded' })
    const { trainer } = this
    const { pixels, labels } = await trainer.drawSeed(trainer.settings.seed, scoreCount)
    const score = scorer.score(trainer.step, pixels, labels)
    if (trainer.scores.at(-1)?.step !== score.step) trainer.scores.push(score)
    this.needs.say({ type: 'scored', score })
    return score
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.running = false
    this.trainer.dispose()
  }

  private async loop(): Promise<void> {
    const { needs, trainer } = this
    let breathed = needs.now()
    let saved = breathed
    this.pace.begin(trainer.step)
    needs.say({ type: 'state', state: 'running', step: trainer.step })
    try {
      while (this.running && !trainer.isFinished) {
        await needs.exclusive(() => this.advance(false))
        if (needs.now() - saved >= checkpointEveryMs) {
          await needs.exclusive(() => this.save())
          saved = needs.now()
        }
        if (needs.now() - breathed >= breatheEveryMs) {
          await needs.breathe()
          breathed = needs.now()
        }
      }
      this.running = false
      await needs.exclusive(() => this.comeToRest())
    } catch (error) {
      this.lose(error)
    }
  }

  private async comeToRest(): Promise<void> {
    const { needs, trainer } = this
    if (this.closed) return
    this.sayProgress()
    await this.save()
    needs.say({ type: 'state', state: trainer.isFinished ? 'finished' : 'paused', step: trainer.step })
  }

  private async advance(alone: boolean): Promise<void> {
    const { needs, trainer } = this
    if (this.closed) return
    await trainer.advance()
    const newest = trainer.frames.all.at(-1)
    if (newest?.step === trainer.step) needs.say({ type: 'frame', step: newest.step, pixels: newest.pixels })
    if (needs.scorer && (trainer.step % scoreEverySteps === 0 || trainer.isFinished)) await this.score()
    if (alone || this.pace.due(progressEveryMs)) this.sayProgress()
    if (trainer.step % alarmEverySteps === 0 || !Number.isFinite(trainer.curves.recent('lossGenerator', 1)[0] ?? 0)) this.watch()
  }

  private watch(): void {
    const { needs, trainer } = this
    const alarm = this.healthy ? findAlarm(trainer.settings, trainer.curves, trainer.frames.all.at(-1), needs.realSpread) : undefined
    if (!alarm) return
    this.healthy = false
    this.running = false
    needs.say({ type: 'alarm', alarm })
  }

  /** A checkpoint that is not finite cannot be read again, so it is not written over one that can. */
  private async save(): Promise<void> {
    const snapshot = await this.trainer.snapshot()
    if (!isHealthy(snapshot.engine)) return
    const { step, backend, settings } = snapshot
    this.needs.say({ type: 'checkpoint', step, good: this.healthy, backend, settings, checkpoint: encodeCheckpoint(snapshot) })
  }

  private lose(error: unknown): void {
    if (this.closed) return
    const { backend, step } = this.trainer
    this.close()
    const caught = toInklingError(error)
    const lost = caught.code === 'internal' ? InklingError.of('gan-backend-lost', { backend, step, reason: caught.facts['reason'] ?? caught.message }) : caught
    this.needs.say({ type: 'lost', step, error: { code: lost.code, facts: lost.facts } })
  }

  private sayProgress(): void {
    const { needs, trainer, pace } = this
    const { steps } = trainer.settings
    const stepsPerSecond = pace.rate(trainer.step)
    needs.say({
      type: 'progress',
      step: trainer.step,
      steps,
      rows: trainer.curves.rowsAfter(pace.told(trainer.step)),
      stepsPerSecond,
      secondsLeft: stepsPerSecond > 0 ? (steps - trainer.step) / stepsPerSecond : Number.POSITIVE_INFINITY,
      memoryBytes: needs.memoryBytes(),
    })
  }
}
