import { assertNever } from '../src/base/assertNever'
import { InklingError, toInklingError } from '../src/base/errors'
import type { Backend } from '../src/gan/ganEngine'
import type { HostCalls } from '../src/gan/protocol/hostProtocol'
import type { Opened, TrainerNews } from '../src/gan/protocol/trainerProtocol'
import type { RunSummary } from '../src/gan/runs'
import { SaveQueue } from '../src/gan/saveQueue'
import type { TrainingSettings } from '../src/gan/settings'
import { CurveTable } from './curveTable'
import type { Assets } from './link/assets'
import type { HostLink } from './link/hostLink'
import type { Notices } from './notices'
import type { OpenRun, StudioStore } from './studioState'
import { Trainers } from './trainers'

/** What stands in the status bar and the notification need not flicker. */
const tellEveryMs = 1000

/** The run that is open, if any: opens and closes it, and brings what its trainer says to the store and to the host. */
export class RunSession {
  readonly curves = new CurveTable()
  readonly trainers: Trainers
  /** Checkpoints of the worker; the process behind the host keeps its own. */
  private readonly saves = new SaveQueue<HostCalls['saveCheckpoint']['ask']>(
    (save) => this.host.call('saveCheckpoint', save),
    ({ runId, step }) => this.saved(runId, step),
    (error) => void this.savingFailed(error),
  )
  private toldAt = 0

  constructor(
    private readonly store: StudioStore,
    private readonly host: HostLink,
    private readonly notices: Notices,
    assets: Assets,
  ) {
    this.trainers = new Trainers(host, assets, {
      onNews: (news) => this.hear(news),
      onGone: (error) => this.lost(error),
      onRealPictures: (realPixels) => store.update({ realPixels }),
    })
  }

  /** @throws InklingError when none is open */
  require(): OpenRun {
    const { open } = this.store.state
    if (!open) throw InklingError.of('studio-worker-lost', { reason: 'no run is open' })
    return open
  }

  /** Opens a run on the first of the backends that can be had. @throws InklingError */
  async open(backends: readonly Backend[], runId: string, which: 'newest' | 'good', change: Partial<TrainingSettings>): Promise<void> {
    for (const [i, backend] of backends.entries()) {
      try {
        const { run, opened, pictures } = await this.trainers.open(runId, backend, which, change)
        return this.opened(run, opened, pictures)
      } catch (error) {
        if (toInklingError(error).code !== 'gan-backend-unavailable' || i === backends.length - 1) throw error
      }
    }
    throw InklingError.of('gan-backend-unavailable', { backend: 'auto', reason: 'none was found that works' })
  }

  /** @param save false when the run was deleted */
  async close(save = true): Promise<void> {
    const { open, phase } = this.store.state
    if (open && save && phase === 'running') await this.trainers.ask('pause', {})
    await this.saves.settled()
    if (open) await this.trainers.close()
    this.curves.replace(new Float32Array())
    this.store.update({ open: undefined, phase: 'opening', step: 0, frames: [], scores: [], curveRows: 0, alarm: undefined, savedStep: undefined })
    this.host.keep({ run: undefined })
    this.tellHost()
    if (!save) this.store.update({ phase: 'closed' })
  }

  /** Notes which run to bring back after a reload. */
  remember(run: string | undefined): void {
    this.host.keep({ run })
    const preferences = { ...this.store.state.preferences, openRun: run }
    this.store.update({ preferences })
    this.host.call('remember', { preferences }).catch((error: unknown) => this.notices.fail(error))
  }

  /** When every checkpoint so far is written, or has failed. */
  settled(): Promise<void> {
    return this.saves.settled()
  }

  saved(runId: string, step: number): void {
    if (this.store.state.open?.summary.id === runId) this.store.update({ savedStep: step })
  }

  /** Training on without being able to keep it would lose it: better to stop and say so. */
  async savingFailed(error: unknown): Promise<void> {
    if (this.store.state.phase === 'running') await this.trainers.ask('pause', {}).catch(() => undefined)
    this.notices.fail(error)
  }

  /** The trainer is gone, or has given the run up; the last checkpoint stands. */
  lost(error: InklingError): void {
    const { open } = this.store.state
    this.trainers.forget()
    // A process that ends while nothing is open concerns nobody.
    if (!open) return
    this.notices.fail(error, open.summary)
    this.store.update({ phase: 'closed', open: undefined })
    this.tellHost()
  }

  replaceSummary(run: RunSummary): void {
    const { runs, open } = this.store.state
    this.store.update({ runs: runs.map((other) => (other.id === run.id ? run : other)), ...(open?.summary.id === run.id && { open: { ...open, summary: run } }) })
  }

  hear(news: TrainerNews): void {
    const { store } = this
    switch (news.type) {
      case 'progress':
        this.curves.add(news.rows)
        store.update({ step: news.step, stepsPerSecond: news.stepsPerSecond, secondsLeft: news.secondsLeft, memoryBytes: news.memoryBytes, curveRows: store.state.curveRows + news.rows.length })
        if (performance.now() - this.toldAt >= tellEveryMs) this.tellHost()
        return
      case 'frame':
        return store.update({ frames: [...store.state.frames.filter(({ step }) => step < news.step), { step: news.step, pixels: news.pixels }] })
      case 'scored':
        return store.update({ scores: [...store.state.scores.filter(({ step }) => step < news.score.step), news.score] })
      case 'checkpoint': {
        const { open } = store.state
        const { type: _, ...save } = news
        if (open) this.saves.add({ runId: open.summary.id, ...save })
        return
      }
      case 'state':
        store.update({ phase: news.state, step: news.step })
        this.notices.announce(news.state === 'running' ? 'Training.' : news.state === 'paused' ? `Paused at step ${news.step}.` : `Finished at step ${news.step}.`)
        return this.tellHost()
      case 'alarm':
        return store.update({ alarm: news.alarm })
      case 'lost':
        return this.lost(InklingError.fromWire(news.error))
      default:
        return assertNever(news)
    }
  }

  private opened(summary: RunSummary, opened: Opened, pictures: 'mnist' | 'own'): void {
    const { settings, backend, step, curves, scores, frames } = opened
    this.curves.replace(curves)
    this.store.update({
      open: { summary, settings, backend, pictures },
      phase: step >= settings.steps ? 'finished' : 'paused',
      step,
      scores,
      frames,
      curveRows: this.curves.length,
      alarm: undefined,
      notice: undefined,
      stepsPerSecond: 0,
      secondsLeft: Number.POSITIVE_INFINITY,
      savedStep: step > 0 ? step : undefined,
    })
    this.remember(summary.id)
    this.tellHost()
  }

  private tellHost(): void {
    this.toldAt = performance.now()
    const { open, phase, step, stepsPerSecond, secondsLeft } = this.store.state
    const state = phase === 'running' || phase === 'paused' || phase === 'finished' ? phase : 'idle'
    this.host.tell({ type: 'training', state: open ? state : 'idle', name: open?.summary.name ?? '', step, steps: open?.settings.steps ?? 1, stepsPerSecond, secondsLeft })
    if (open && (phase === 'paused' || phase === 'finished')) this.replaceSummary({ ...open.summary, settings: open.settings, step, backend: open.backend })
  }
}
