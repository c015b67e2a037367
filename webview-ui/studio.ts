import { InklingError, toInklingError } from '../src/base/errors'
import { assertNever } from '../src/base/assertNever'
import type { Backend } from '../src/gan/ganEngine'
import type { HostCalls, HostNews, NamedBytes } from '../src/gan/protocol/hostProtocol'
import type { Opened, TrainerNews } from '../src/gan/protocol/trainerProtocol'
import type { RunSummary } from '../src/gan/runs'
import { drawSamples } from '../src/gan/sampling'
import { SaveQueue } from '../src/gan/saveQueue'
import type { TrainingSettings } from '../src/gan/settings'
import { fastestFirst, measureAll, needsMeasuring } from './backendChoice'
import { CurveTable } from './curveTable'
import type { Assets } from './link/assets'
import { HostLink } from './link/hostLink'
import type { StudioStore } from './studioState'
import { Trainers } from './trainers'
import { runName } from './views/runName'

/** What stands in the status bar and the notification need not flicker. */
const tellEveryMs = 1000

/** What the page can do. It holds no element of the page: views call it and watch the store. */
export class Studio {
  readonly curves = new CurveTable()
  private readonly host = new HostLink((news) => this.hear(news))
  private readonly trainers: Trainers
  /** Checkpoints of the worker; the process behind the host keeps its own. */
  private readonly saves = new SaveQueue<HostCalls['saveCheckpoint']['ask']>(
    (save) => this.host.call('saveCheckpoint', save),
    ({ runId, step }) => this.saved(runId, step),
    (error) => void this.savingFailed(error),
  )
  private toldAt = 0
  private announce: (text: string) => void = () => {}

  constructor(
    readonly store: StudioStore,
    assets: Assets,
  ) {
    this.trainers = new Trainers(this.host, assets, {
      onNews: (news) => this.hearTrainer(news),
      onGone: (error) => this.lost(error),
      onRealPictures: (realPixels) => store.update({ realPixels }),
    })
  }

  /** @param announce tells a screen reader */
  async start(announce: (text: string) => void): Promise<void> {
    this.announce = announce
    await this.attempt(undefined, async () => {
      const { runs, restore, preferences } = await this.host.call('hello', {})
      this.store.update({ ready: true, runs, preferences })
      const run = runs.find(({ id }) => id === restore)
      if (run) await this.openRun(run)
      else void this.attempt(undefined, () => this.trainers.showDigits())
    })
    this.store.update({ ready: true })
  }

  // --- runs ---------------------------------------------------------------------------------------------------------

  /** A new run, trained at once. @param own packed pictures to learn from instead of MNIST */
  async createRun(name: string, settings: TrainingSettings, own?: Uint8Array): Promise<void> {
    await this.attempt('Preparing the run…', async () => {
      await this.closeRun()
      const backends = await this.chooseBackends(settings)
      const { run } = await this.host.call('createRun', { name, settings })
      if (own) await this.host.call('saveData', { runId: run.id, data: own })
      this.store.update({ runs: [run, ...this.store.state.runs] })
      await this.openOn(backends, run.id, 'newest', {})
      await this.trainers.ask('run', {})
    })
  }

  /** Opens a kept run where its checkpoint stopped, paused. */
  async openRun(run: RunSummary, which: 'newest' | 'good' = 'newest', change: Partial<TrainingSettings> = {}): Promise<void> {
    await this.attempt(`Opening “${run.name}”…`, async () => {
      await this.closeRun()
      await this.openOn(await this.chooseBackends(run.settings), run.id, which, change)
    })
  }

  async renameRun(run: RunSummary, name: string): Promise<void> {
    await this.attempt(undefined, async () => {
      const { run: renamed } = await this.host.call('renameRun', { runId: run.id, name })
      this.replaceRun(renamed)
    })
  }

  async deleteRun(run: RunSummary): Promise<void> {
    await this.attempt(undefined, async () => {
      const { deleted } = await this.host.call('deleteRun', { runId: run.id })
      if (!deleted) return
      if (this.store.state.open?.summary.id === run.id) await this.closeRun(false)
      this.store.update({ runs: this.store.state.runs.filter(({ id }) => id !== run.id) })
    })
  }

  async revealRun(run: RunSummary): Promise<void> {
    await this.attempt(undefined, () => this.host.call('revealRun', { runId: run.id }))
  }

  /** The newest checkpoint of any run, for comparing; the open run's as it stands now. */
  async checkpointOf(run: RunSummary): Promise<Uint8Array | undefined> {
    if (this.store.state.open?.summary.id === run.id) return this.snapshot()
    return (await this.host.call('openRun', { runId: run.id, which: 'newest' })).checkpoint
  }

  // --- training -----------------------------------------------------------------------------------------------------

  async run(): Promise<void> {
    await this.attempt(undefined, () => this.trainers.ask('run', {}))
  }

  async pause(): Promise<void> {
    await this.attempt(undefined, () => this.trainers.ask('pause', {}))
  }

  /** Ends the work on this run: its last checkpoint is written, and it can be opened again. */
  async stop(): Promise<void> {
    await this.attempt(undefined, async () => {
      await this.closeRun()
      this.remember(undefined)
    })
  }

  /** The same settings from step 0, as a run of its own: nothing that was trained is thrown away. */
  async restart(): Promise<void> {
    const { open, runs } = this.store.state
    if (!open) return
    const own = open.pictures === 'own' ? (await this.host.call('openData', { runId: open.summary.id })).data : undefined
    await this.createRun(runName(open.summary.name, runs), open.settings, own)
  }

  async stepOnce(): Promise<void> {
    await this.attempt(undefined, () => this.trainers.ask('stepOnce', {}))
  }

  /** Settings that may change while it trains. @returns false when one was refused */
  async change(change: Partial<TrainingSettings>): Promise<boolean> {
    return this.attempt(undefined, async () => {
      const { settings } = await this.trainers.ask('change', { change })
      const { open, phase, step } = this.store.state
      if (open) this.store.update({ open: { ...open, settings }, phase: phase === 'finished' && step < settings.steps ? 'paused' : phase })
    })
  }

  /** Goes back to the last checkpoint before the alarm, with the settings that mend it, and trains on. */
  async applyRemedy(): Promise<void> {
    const { alarm, open } = this.store.state
    if (!alarm || !open) return
    await this.saves.settled()
    await this.openRun(open.summary, 'good', alarm.remedy)
    if (this.store.state.phase === 'paused') await this.run()
  }

  /** A new run from step 0 with the settings that mend this one: where the last good checkpoint is already on the way down. */
  async startOverMended(): Promise<void> {
    const { alarm, open, runs } = this.store.state
    if (!alarm || !open) return
    const own = open.pictures === 'own' ? (await this.host.call('openData', { runId: open.summary.id })).data : undefined
    await this.createRun(runName(`${open.summary.name}, mended`, runs), { ...open.settings, ...alarm.remedy }, own)
  }

  /** Draws from the open run. @returns [n, 784] grey levels */
  async sample(latents: Float32Array, labels: Uint8Array | undefined, weights: 'raw' | 'average' | 'untrained'): Promise<Uint8Array> {
    return (await this.trainers.ask('sample', { latents, labels, weights })).pixels
  }

  async sampleSeed(seed: number, count: number, digits?: Uint8Array, untrained = false): Promise<Uint8Array> {
    const settings = this.requireOpen().settings
    const request = drawSamples(settings, seed, count, digits)
    return this.sample(request.latents, request.labels, untrained ? 'untrained' : request.weights)
  }

  async snapshot(): Promise<Uint8Array> {
    return (await this.trainers.ask('snapshot', {})).checkpoint
  }

  // --- taking along -------------------------------------------------------------------------------------------------

  async export(kind: 'png' | 'gif' | 'csv' | 'layers-model' | 'keras', make: () => Promise<readonly NamedBytes[]>): Promise<void> {
    await this.attempt('Preparing the export…', async () => {
      const { saved } = await this.host.call('export', { kind, files: await make() })
      if (saved) this.announce('Exported.')
    })
  }

  async insertPicture(png: Uint8Array, alt: string): Promise<void> {
    await this.attempt(undefined, async () => {
      const { inserted } = await this.host.call('insertPicture', { png, alt })
      if (inserted) this.announce('The picture is in the document.')
    })
  }

  async chooseImages(): Promise<HostCalls['chooseImages']['answer'] | undefined> {
    let chosen: HostCalls['chooseImages']['answer'] | undefined
    await this.attempt(undefined, async () => {
      chosen = await this.host.call('chooseImages', {})
    })
    return chosen
  }

  // --- backends -----------------------------------------------------------------------------------------------------

  /** @param backend undefined: the fastest measured */
  async preferBackend(backend: Backend | undefined): Promise<void> {
    const preferences = { ...this.store.state.preferences, backend }
    this.store.update({ preferences })
    await this.attempt(undefined, () => this.host.call('remember', { preferences }))
  }

  /** Measures every backend again. Only without an open run: two engines at once would both be slower. */
  async measureAgain(settings: TrainingSettings): Promise<void> {
    const { open } = this.store.state
    const measured = await this.attempt('Measuring…', async () => {
      await this.closeRun()
      await this.measure(settings)
    })
    if (open && measured) await this.openRun(open.summary)
    else this.store.update({ phase: 'closed' })
  }

  dismissNotice(): void {
    this.store.update({ notice: undefined })
  }

  /** The user goes on in spite of it. */
  dismissAlarm(): void {
    this.store.update({ alarm: undefined })
  }

  /** @param reopen a run that was lost by it */
  fail(error: unknown, reopen?: RunSummary): void {
    const known = toInklingError(error)
    this.store.update({ notice: { kind: 'error', text: `${known.message} ${known.remedy.hint}`, reopen } })
    this.host.tell({ type: 'log', level: 'error', text: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }

  /** Runs `work`; what fails becomes a notice. */
  async attempt(busy: string | undefined, work: () => Promise<unknown>): Promise<boolean> {
    if (busy !== undefined) this.store.update({ busy })
    try {
      await work()
      return true
    } catch (error) {
      this.fail(error)
      return false
    } finally {
      if (busy !== undefined) this.store.update({ busy: undefined, measuring: [] })
      if (this.store.state.phase === 'opening') this.store.update({ phase: 'closed' })
    }
  }

  /** The user's choice, or those measured, the fastest first: the next is for when one fails after all. */
  private async chooseBackends(settings: TrainingSettings): Promise<readonly Backend[]> {
    const { preferences } = this.store.state
    if (preferences.backend) return [preferences.backend]
    if (needsMeasuring(preferences.measured)) await this.measure(settings)
    return fastestFirst(this.store.state.preferences.measured)
  }

  private async measure(settings: TrainingSettings): Promise<void> {
    const measured = await measureAll(settings, (...asked) => this.trainers.measure(...asked), (measuring) => this.store.update({ measuring }))
    const preferences = { ...this.store.state.preferences, measured }
    this.store.update({ preferences })
    await this.host.call('remember', { preferences })
  }

  private async openOn(backends: readonly Backend[], runId: string, which: 'newest' | 'good', change: Partial<TrainingSettings>): Promise<void> {
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

  private remember(run: string | undefined): void {
    this.host.keep({ run })
    const preferences = { ...this.store.state.preferences, openRun: run }
    this.store.update({ preferences })
    this.host.call('remember', { preferences }).catch((error: unknown) => this.fail(error))
  }

  /** @param save false when the run was deleted */
  private async closeRun(save = true): Promise<void> {
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

  private hear(news: HostNews): void {
    const { phase } = this.store.state
    switch (news.type) {
      case 'control':
        if (news.action === 'pause' && phase === 'running') void this.pause()
        if (news.action === 'run' && phase === 'paused') void this.run()
        return
      case 'trainer':
        return this.hearTrainer(news.news)
      case 'trainerGone':
        return this.lost(InklingError.fromWire(news.error))
      case 'saved':
        return this.saved(news.runId, news.step)
      case 'savingFailed':
        return void this.savingFailed(InklingError.fromWire(news.error))
      default:
        return assertNever(news)
    }
  }

  private hearTrainer(news: TrainerNews): void {
    const { store } = this
    switch (news.type) {
      case 'progress':
        this.curves.add(news.rows)
        store.update({ step: news.step, stepsPerSecond: news.stepsPerSecond, secondsLeft: news.secondsLeft, memoryBytes: news.memoryBytes, curveRows: store.state.curveRows + news.rows.length })
        if (performance.now() - this.toldAt >= tellEveryMs) this.tellHost()
        break
      case 'frame':
        store.update({ frames: [...store.state.frames.filter(({ step }) => step < news.step), { step: news.step, pixels: news.pixels }] })
        break
      case 'scored':
        store.update({ scores: [...store.state.scores.filter(({ step }) => step < news.score.step), news.score] })
        break
      case 'checkpoint': {
        const { open } = store.state
        const { type: _, ...save } = news
        if (open) this.saves.add({ runId: open.summary.id, ...save })
        break
      }
      case 'state':
        store.update({ phase: news.state, step: news.step })
        this.announce(news.state === 'running' ? 'Training.' : news.state === 'paused' ? `Paused at step ${news.step}.` : `Finished at step ${news.step}.`)
        this.tellHost()
        break
      case 'alarm':
        store.update({ alarm: news.alarm })
        break
      case 'lost':
        this.lost(InklingError.fromWire(news.error))
        break
    }
  }

  private tellHost(): void {
    this.toldAt = performance.now()
    const { open, phase, step, stepsPerSecond, secondsLeft } = this.store.state
    const state = phase === 'running' || phase === 'paused' || phase === 'finished' ? phase : 'idle'
    this.host.tell({ type: 'training', state: open ? state : 'idle', name: open?.summary.name ?? '', step, steps: open?.settings.steps ?? 1, stepsPerSecond, secondsLeft })
    if (open && (phase === 'paused' || phase === 'finished')) this.replaceRun({ ...open.summary, settings: open.settings, step, backend: open.backend })
  }

  private replaceRun(run: RunSummary): void {
    const { runs, open } = this.store.state
    this.store.update({ runs: runs.map((other) => (other.id === run.id ? run : other)), ...(open?.summary.id === run.id && { open: { ...open, summary: run } }) })
  }

  /** The trainer is gone, or has given the run up; the last checkpoint stands. */
  private lost(error: InklingError): void {
    const { open } = this.store.state
    this.trainers.forget()
    // A process that ends while nothing is open concerns nobody.
    if (!open) return
    this.fail(error, open.summary)
    this.store.update({ phase: 'closed', open: undefined })
    this.tellHost()
  }

  private saved(runId: string, step: number): void {
    if (this.store.state.open?.summary.id === runId) this.store.update({ savedStep: step })
  }

  /** Training on without being able to keep it would lose it: better to stop and say so. */
  private async savingFailed(error: unknown): Promise<void> {
    if (this.store.state.phase === 'running') await this.trainers.ask('pause', {}).catch(() => undefined)
    this.fail(error)
  }

  private requireOpen(): NonNullable<StudioStore['state']['open']> {
    const { open } = this.store.state
    if (!open) throw InklingError.of('studio-worker-lost', { reason: 'no run is open' })
    return open
  }
}
