import { InklingError, toInklingError } from '../src/base/errors'
import { unpackDataset } from '../src/gan/dataset'
import type { Backend } from '../src/gan/ganEngine'
import type { HostNews, NamedBytes } from '../src/gan/protocol/hostProtocol'
import type { Opened, TrainerNews } from '../src/gan/protocol/trainerProtocol'
import type { RunSummary } from '../src/gan/runs'
import { drawSamples } from '../src/gan/sampling'
import type { TrainingSettings } from '../src/gan/settings'
import { fastest, measureOrder } from './backendChoice'
import { CurveTable } from './curveTable'
import type { Assets } from './link/assets'
import { HostLink } from './link/hostLink'
import { TrainerLink } from './link/trainerLink'
import { realSamples } from './realSamples'
import { SaveQueue } from './saveQueue'
import type { Measurement, StudioStore } from './studioState'
import { runName } from './views/runName'

/** What stands in the status bar and the notification need not flicker. */
const tellEveryMs = 1000

/** Steps measured a backend; a slow one shows after the first. */
const measuredSteps = 3
const slowMs = 1000

/** What the page can do. It holds no element of the page: views call it and watch the store. */
export class Studio {
  readonly curves = new CurveTable()
  private readonly host = new HostLink((news) => this.hear(news))
  private trainer: TrainerLink | undefined
  /** What the worker has loaded: MNIST, or the pictures of one run. */
  private loaded: string | undefined
  private readonly saves = new SaveQueue((save) => this.host.call('saveCheckpoint', save).then(() => undefined))
  private toldAt = 0
  private readonly whenStill: (() => void)[] = []
  private announce: (text: string) => void = () => {}

  constructor(
    readonly store: StudioStore,
    private readonly assets: Assets,
  ) {
    this.saves.onSaved = (step) => store.update({ savedStep: step })
    this.saves.onFailed = (error) => void this.savingFailed(error)
  }

  /** @param announce tells a screen reader */
  async start(announce: (text: string) => void): Promise<void> {
    this.announce = announce
    await this.attempt(undefined, async () => {
      const { runs, restore, preferences } = await this.host.call('hello', {})
      this.store.update({ ready: true, runs, preferences })
      const run = runs.find(({ id }) => id === restore)
      if (run) await this.openRun(run)
      else void this.loadMnistSamples()
    })
    this.store.update({ ready: true })
  }

  // --- runs ---------------------------------------------------------------------------------------------------------

  /** A new run, trained at once. @param own packed pictures to learn from instead of MNIST */
  async createRun(name: string, settings: TrainingSettings, own?: Uint8Array): Promise<void> {
    await this.attempt('Preparing the run…', async () => {
      await this.closeRun()
      const backend = await this.chooseBackend(settings)
      const { run } = await this.host.call('createRun', { name, settings })
      if (own) await this.host.call('saveData', { runId: run.id, data: own })
      this.store.update({ runs: [run, ...this.store.state.runs] })
      await this.load(run, own)
      const trainer = this.requireTrainer()
      this.opened(run, await trainer.call('create', { backend, settings }), own !== undefined)
      await trainer.call('run', {})
    })
  }

  /** Opens a kept run where its checkpoint stopped, paused. */
  async openRun(run: RunSummary, which: 'newest' | 'good' = 'newest', change: Partial<TrainingSettings> = {}): Promise<void> {
    await this.attempt(`Opening “${run.name}”…`, async () => {
      await this.closeRun()
      const [{ run: current, checkpoint }, { data }] = await Promise.all([this.host.call('openRun', { runId: run.id, which }), this.host.call('openData', { runId: run.id })])
      const backend = await this.chooseBackend(current.settings)
      await this.load(current, data)
      const trainer = this.requireTrainer()
      const opened = checkpoint
        ? await trainer.call('resume', { backend, checkpoint, change }, transferable(checkpoint))
        : await trainer.call('create', { backend, settings: { ...current.settings, ...change } })
      this.opened(current, opened, data !== undefined)
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
    if (this.store.state.open?.summary.id === run.id && this.trainer) return (await this.trainer.call('snapshot', {})).checkpoint
    return (await this.host.call('openRun', { runId: run.id, which: 'newest' })).checkpoint
  }

  // --- training -----------------------------------------------------------------------------------------------------

  async run(): Promise<void> {
    await this.attempt(undefined, () => this.requireTrainer().call('run', {}))
  }

  async pause(): Promise<void> {
    await this.attempt(undefined, () => this.requireTrainer().call('pause', {}))
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
    await this.attempt(undefined, () => this.requireTrainer().call('stepOnce', {}))
  }

  /** Settings that may change while it trains. @returns false when one was refused */
  async change(change: Partial<TrainingSettings>): Promise<boolean> {
    return this.attempt(undefined, async () => {
      const { settings } = await this.requireTrainer().call('change', { change })
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
    return (await this.requireTrainer().call('sample', { latents, labels, weights })).pixels
  }

  async sampleSeed(seed: number, count: number, digits?: Uint8Array, untrained = false): Promise<Uint8Array> {
    const settings = this.requireOpen().settings
    const request = drawSamples(settings, seed, count, digits)
    return this.sample(request.latents, request.labels, untrained ? 'untrained' : request.weights)
  }

  async snapshot(): Promise<Uint8Array> {
    return (await this.requireTrainer().call('snapshot', {})).checkpoint
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

  async chooseImages(): Promise<Awaited<ReturnType<typeof this.askForImages>> | undefined> {
    let chosen: Awaited<ReturnType<typeof this.askForImages>> | undefined
    await this.attempt(undefined, async () => {
      chosen = await this.askForImages()
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
    await this.attempt('Measuring…', async () => {
      const { open } = this.store.state
      await this.closeRun()
      await this.load(undefined, undefined)
      await this.measure(settings)
      if (open) await this.openRun(open.summary)
    })
  }

  dismissNotice(): void {
    this.store.update({ notice: undefined })
  }

  /** The user goes on in spite of it. */
  dismissAlarm(): void {
    this.store.update({ alarm: undefined })
  }

  fail(error: unknown): void {
    const known = toInklingError(error)
    const hint = known.remedy.hint
    this.store.update({ notice: { kind: 'error', text: `${known.message} ${hint}` } })
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

  private askForImages(): Promise<{ readonly files: readonly NamedBytes[]; readonly refused: readonly { readonly name: string; readonly error: { readonly code: string; readonly facts: Readonly<Record<string, string | number>> } }[] }> {
    return this.host.call('chooseImages', {})
  }

  private async chooseBackend(settings: TrainingSettings): Promise<Backend> {
    const { preferences } = this.store.state
    if (preferences.backend) return preferences.backend
    if (preferences.measured.length === 0) {
      await this.load(undefined, undefined)
      await this.measure(settings)
    }
    return fastest(this.store.state.preferences.measured) ?? 'cpu'
  }

  private async measure(settings: TrainingSettings): Promise<void> {
    let list: Measurement[] = measureOrder.map((backend) => ({ backend, state: 'waiting' }))
    const set = (backend: Backend, change: Partial<Measurement>): void => {
      list = list.map((entry) => (entry.backend === backend ? { ...entry, ...change } : entry))
      this.store.update({ measuring: list })
    }
    for (const backend of measureOrder) {
      set(backend, { state: 'measuring' })
      try {
        const trainer = this.requireTrainer()
        let { stepMs } = await trainer.call('measure', { backend, settings, steps: 1 })
        if (stepMs < slowMs) ({ stepMs } = await trainer.call('measure', { backend, settings, steps: measuredSteps }))
        set(backend, { state: 'done', stepMs })
      } catch (error) {
        set(backend, { state: 'failed', reason: toInklingError(error).message })
      }
    }
    const measured = list.flatMap(({ backend, stepMs }) => (stepMs === undefined ? [] : [{ backend, stepMs }]))
    const preferences = { ...this.store.state.preferences, measured }
    this.store.update({ preferences })
    await this.host.call('remember', { preferences })
  }

  /** Gives the worker what it learns from, and its wasm files, unless it has them. */
  private async load(run: RunSummary | undefined, own: Uint8Array | undefined): Promise<void> {
    const wanted = own && run ? run.id : 'mnist'
    if (this.trainer && this.loaded === wanted) return
    const data = own ?? (await this.assets.unpacked('digits.bin.gz'))
    this.store.update({ realPixels: realSamples(unpackDataset(data)) })
    const [script, tfjsWasm, kernels, classifier] = await Promise.all([
      this.assets.text('worker.js'),
      this.assets.bytes('tfjs.wasm'),
      this.assets.bytes('kernels.wasm'),
      // The classifier knows digits; of other pictures it would say nonsense.
      own ? undefined : this.assets.bytes('classifier.bin'),
    ])
    this.trainer ??= new TrainerLink(script, (news) => this.hearTrainer(news), (error) => this.lostWorker(error))
    // A copy of the user's pictures goes to the worker; the page needs them no more after that.
    const bytes = own ? own.slice() : data
    await this.trainer.call('load', { data: bytes, tfjsWasm, kernels, classifier }, transferable(bytes))
    this.loaded = wanted
  }

  /** Real digits to look at before anything is trained. */
  private async loadMnistSamples(): Promise<void> {
    await this.attempt(undefined, async () => {
      const data = await this.assets.unpacked('digits.bin.gz')
      if (!this.store.state.realPixels) this.store.update({ realPixels: realSamples(unpackDataset(data)) })
    })
  }

  private opened(summary: RunSummary, opened: Opened, own: boolean): void {
    const { settings, backend, step, curves, scores, frames } = opened
    this.curves.replace(curves)
    this.store.update({
      open: { summary, settings, backend, pictures: own ? 'own' : 'mnist' },
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
    if (open && this.trainer && save && phase === 'running') {
      // The last checkpoint comes with the news that the run stands still, not with the answer.
      const still = new Promise<void>((resolve) => this.whenStill.push(resolve))
      await this.trainer.call('pause', {})
      await still
    }
    await this.saves.settled()
    if (open && this.trainer) await this.trainer.call('close', {})
    this.curves.replace(new Float32Array())
    this.store.update({ open: undefined, phase: 'opening', step: 0, frames: [], scores: [], curveRows: 0, alarm: undefined, savedStep: undefined })
    this.host.keep({ run: undefined })
    this.tellHost()
    if (!save) this.store.update({ phase: 'closed' })
  }

  private hear(news: HostNews): void {
    if (news.type !== 'control') return
    const { phase } = this.store.state
    if (news.action === 'pause' && phase === 'running') void this.pause()
    if (news.action === 'run' && phase === 'paused') void this.run()
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
        if (open) this.saves.add({ runId: open.summary.id, step: news.step, good: news.good, backend: open.backend, settings: open.settings, checkpoint: news.checkpoint })
        break
      }
      case 'state':
        store.update({ phase: news.state, step: news.step })
        if (news.state !== 'running') for (const resolve of this.whenStill.splice(0)) resolve()
        this.announce(news.state === 'running' ? 'Training.' : news.state === 'paused' ? `Paused at step ${news.step}.` : `Finished at step ${news.step}.`)
        this.tellHost()
        break
      case 'alarm':
        store.update({ alarm: news.alarm })
        break
      case 'lost':
        this.fail(InklingError.fromWire(news.error))
        for (const resolve of this.whenStill.splice(0)) resolve()
        store.update({ phase: 'closed', open: undefined })
        this.tellHost()
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

  private lostWorker(error: InklingError): void {
    for (const resolve of this.whenStill.splice(0)) resolve()
    this.trainer?.dispose()
    this.trainer = undefined
    this.loaded = undefined
    this.fail(error)
    this.store.update({ phase: 'closed', open: undefined })
    this.tellHost()
  }

  /** Training on without being able to keep it would lose it: better to stop and say so. */
  private async savingFailed(error: unknown): Promise<void> {
    if (this.store.state.phase === 'running') await this.trainer?.call('pause', {}).catch(() => undefined)
    this.fail(error)
  }

  private requireTrainer(): TrainerLink {
    if (!this.trainer) throw InklingError.of('studio-worker-lost', { reason: 'no run is open' })
    return this.trainer
  }

  private requireOpen(): NonNullable<StudioStore['state']['open']> {
    const { open } = this.store.state
    if (!open) throw InklingError.of('studio-worker-lost', { reason: 'no run is open' })
    return open
  }
}

/** The buffer of an array that fills it: it can be moved instead of copied. */
function transferable(bytes: Uint8Array): ArrayBuffer[] {
  return bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength ? [bytes.buffer] : []
}
