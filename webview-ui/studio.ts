import { assertNever } from '../src/base/assertNever'
import { InklingError } from '../src/base/errors'
import type { Backend } from '../src/gan/ganEngine'
import type { HostNews, NamedBytes } from '../src/gan/protocol/hostProtocol'
import type { RunSummary } from '../src/gan/runs'
import { drawSamples } from '../src/gan/sampling'
import type { TrainingSettings } from '../src/gan/settings'
import { BackendChooser } from './backendChooser'
import type { CurveTable } from './curveTable'
import type { Assets } from './link/assets'
import { HostLink } from './link/hostLink'
import { Notices } from './notices'
import { readPicture } from './pictures/crop'
import { takePictures, type TakenPictures } from './pictures/takePictures'
import { RunSession } from './runSession'
import type { StudioStore } from './studioState'
import { runName } from './views/runName'

/** What the page can do. It holds no element of the page: views call it and watch the store. */
export class Studio {
  private readonly host = new HostLink((news) => this.hear(news))
  private readonly notices: Notices
  private readonly session: RunSession
  private readonly backends: BackendChooser

  constructor(
    private readonly store: StudioStore,
    assets: Assets,
  ) {
    this.notices = new Notices(store, this.host)
    this.session = new RunSession(store, this.host, this.notices, assets)
    this.backends = new BackendChooser(store, this.host, this.session.trainers)
  }

  get curves(): CurveTable {
    return this.session.curves
  }

  /** @param announce tells a screen reader */
  async start(announce: (text: string) => void): Promise<void> {
    this.notices.announce = announce
    await this.attempt(undefined, async () => {
      const { runs, restore, preferences } = await this.host.call('hello', {})
      this.store.update({ ready: true, runs, preferences })
      const run = runs.find(({ id }) => id === restore)
      if (run) await this.openRun(run)
      else void this.attempt(undefined, () => this.session.trainers.showDigits())
    })
    this.store.update({ ready: true })
  }

  // --- runs ---------------------------------------------------------------------------------------------------------

  /** A new run, trained at once. @param own packed pictures to learn from instead of MNIST */
  async createRun(name: string, settings: TrainingSettings, own?: Uint8Array): Promise<void> {
    await this.attempt('Preparing the run…', async () => {
      await this.session.close()
      const backends = await this.backends.choose(settings)
      const { run } = await this.host.call('createRun', { name, settings })
      if (own) await this.host.call('saveData', { runId: run.id, data: own })
      this.store.update({ runs: [run, ...this.store.state.runs] })
      await this.session.open(backends, run.id, 'newest', {})
      await this.session.trainers.ask('run', {})
    })
  }

  /** Opens a kept run where its checkpoint stopped, paused. */
  async openRun(run: RunSummary, which: 'newest' | 'good' = 'newest', change: Partial<TrainingSettings> = {}): Promise<void> {
    await this.attempt(`Opening “${run.name}”…`, async () => {
      await this.session.close()
      await this.session.open(await this.backends.choose(run.settings), run.id, which, change)
    })
  }

  async renameRun(run: RunSummary, name: string): Promise<void> {
    await this.attempt(undefined, async () => {
      const { run: renamed } = await this.host.call('renameRun', { runId: run.id, name })
      this.session.replaceSummary(renamed)
    })
  }

  async deleteRun(run: RunSummary): Promise<void> {
    await this.attempt(undefined, async () => {
      const { deleted } = await this.host.call('deleteRun', { runId: run.id })
      if (!deleted) return
      if (this.store.state.open?.summary.id === run.id) await this.session.close(false)
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
    await this.attempt(undefined, () => this.session.trainers.ask('run', {}))
  }

  async pause(): Promise<void> {
    await this.attempt(undefined, () => this.session.trainers.ask('pause', {}))
  }

  /** Ends the work on this run: its last checkpoint is written, and it can be opened again. */
  async stop(): Promise<void> {
    await this.attempt(undefined, async () => {
      await this.session.close()
      this.session.remember(undefined)
    })
  }

  /** The same settings from step 0, as a run of its own: nothing that was trained is thrown away. */
  async restart(): Promise<void> {
    const { open } = this.store.state
    if (open) await this.startAgain(open.summary.name, {})
  }

  async stepOnce(): Promise<void> {
    await this.attempt(undefined, () => this.session.trainers.ask('stepOnce', {}))
  }

  /** Settings that may change while it trains. @returns false when one was refused */
  async change(change: Partial<TrainingSettings>): Promise<boolean> {
    return this.attempt(undefined, async () => {
      const { settings } = await this.session.trainers.ask('change', { change })
      const { open, phase, step } = this.store.state
      if (open) this.store.update({ open: { ...open, settings }, phase: phase === 'finished' && step < settings.steps ? 'paused' : phase })
    })
  }

  /** Goes back to the last checkpoint before the alarm, with the settings that mend it, and trains on. */
  async applyRemedy(): Promise<void> {
    const { alarm, open } = this.store.state
    if (!alarm || !open) return
    await this.session.settled()
    await this.openRun(open.summary, 'good', alarm.remedy)
    if (this.store.state.phase === 'paused') await this.run()
  }

  /** A new run from step 0 with the settings that mend this one: where the last good checkpoint is already on the way down. */
  async startOverMended(): Promise<void> {
    const { alarm, open } = this.store.state
    if (alarm && open) await this.startAgain(`${open.summary.name}, mended`, alarm.remedy)
  }

  /** Draws from the open run. @returns [n, 784] grey levels */
  async sample(latents: Float32Array, labels: Uint8Array | undefined, weights: 'raw' | 'average' | 'untrained'): Promise<Uint8Array> {
    return (await this.session.trainers.ask('sample', { latents, labels, weights })).pixels
  }

  async sampleSeed(seed: number, count: number, digits?: Uint8Array, untrained = false): Promise<Uint8Array> {
    const settings = this.session.require().settings
    const request = drawSamples(settings, seed, count, digits)
    return this.sample(request.latents, request.labels, untrained ? 'untrained' : request.weights)
  }

  async snapshot(): Promise<Uint8Array> {
    return (await this.session.trainers.ask('snapshot', {})).checkpoint
  }

  // --- taking along -------------------------------------------------------------------------------------------------

  async export(kind: 'png' | 'gif' | 'csv' | 'layers-model' | 'keras', make: () => Promise<readonly NamedBytes[]>): Promise<void> {
    await this.attempt('Preparing the export…', async () => {
      const { saved } = await this.host.call('export', { kind, files: await make() })
      if (saved) this.notices.announce('Exported.')
    })
  }

  async insertPicture(png: Uint8Array, alt: string): Promise<void> {
    await this.attempt(undefined, async () => {
      const { inserted } = await this.host.call('insertPicture', { png, alt })
      if (inserted) this.notices.announce('The picture is in the document.')
    })
  }

  /** @param tell hears how many of them are read. @returns undefined when nothing was chosen, or it was cancelled */
  async takePictures(tell: (done: number, count: number) => void): Promise<TakenPictures | undefined> {
    let taken: TakenPictures | undefined
    await this.attempt(undefined, async () => {
      taken = await takePictures(this.host, readPicture, tell)
    })
    return taken
  }

  // --- backends -----------------------------------------------------------------------------------------------------

  /** @param backend undefined: the fastest measured */
  async preferBackend(backend: Backend | undefined): Promise<void> {
    await this.attempt(undefined, () => this.backends.prefer(backend))
  }

  /** Measures every backend again, and opens the run again that had to be closed for it. */
  async measureAgain(settings: TrainingSettings): Promise<void> {
    const { open } = this.store.state
    const measured = await this.attempt('Measuring…', async () => {
      await this.session.close()
      await this.backends.measure(settings)
    })
    if (open && measured) await this.openRun(open.summary)
    else this.store.update({ phase: 'closed' })
  }

  // --- messages -----------------------------------------------------------------------------------------------------

  dismissNotice(): void {
    this.notices.dismiss()
  }

  /** The user goes on in spite of it. */
  dismissAlarm(): void {
    this.store.update({ alarm: undefined })
  }

  /** Runs `work`; what fails becomes a notice. */
  attempt(busy: string | undefined, work: () => Promise<unknown>): Promise<boolean> {
    return this.notices.attempt(busy, work)
  }

  /** A new run like the open one, from step 0. */
  private async startAgain(name: string, change: Partial<TrainingSettings>): Promise<void> {
    const { settings, pictures, summary } = this.session.require()
    await this.attempt(undefined, async () => {
      const own = pictures === 'own' ? (await this.host.call('openData', { runId: summary.id })).data : undefined
      await this.createRun(runName(name, this.store.state.runs), { ...settings, ...change }, own)
    })
  }

  private hear(news: HostNews): void {
    const { phase } = this.store.state
    switch (news.type) {
      case 'control':
        if (news.action === 'pause' && phase === 'running') void this.pause()
        if (news.action === 'run' && phase === 'paused') void this.run()
        return
      case 'trainer':
        return this.session.hear(news.news)
      case 'trainerGone':
        return this.session.lost(InklingError.fromWire(news.error))
      case 'saved':
        return this.session.saved(news.runId, news.step)
      case 'savingFailed':
        return void this.session.savingFailed(InklingError.fromWire(news.error))
      default:
        return assertNever(news)
    }
  }
}
