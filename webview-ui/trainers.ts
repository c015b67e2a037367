import { InklingError } from '../src/base/errors'
import { unpackDataset } from '../src/gan/dataset'
import { needsProcess, type Backend } from '../src/gan/ganEngine'
import type { OpenedRun } from '../src/gan/protocol/hostProtocol'
import type { Question, QuestionName, TrainerCalls, TrainerNews } from '../src/gan/protocol/trainerProtocol'
import type { TrainingSettings } from '../src/gan/settings'
import { kernelFile } from '../src/gan-tfjs/kernelFile'
import type { Assets } from './link/assets'
import type { HostLink } from './link/hostLink'
import { TrainerLink } from './link/trainerLink'
import { realSamples } from './realSamples'

/** What trainers tell the page. */
export interface TrainerEvents {
  onNews(news: TrainerNews): void
  /** The worker died. */
  onGone(error: InklingError): void
  /** Real pictures of the set that is learnt from: see `realSamples`. */
  onRealPictures(pixels: Uint8Array): void
}

type Ask = <K extends QuestionName>(name: K, ask: TrainerCalls[K]['ask']) => Promise<TrainerCalls[K]['answer']>

const mnist = 'mnist'

/**
 * Who trains: a worker of this page, or the process behind the host. One run is open in one of them; to the rest of the
 * page they are the same.
 */
export class Trainers {
  private worker: TrainerLink | undefined
  /** What the worker has loaded: `mnist`, or the run whose own pictures they are. */
  private loaded: string | undefined
  /** The pictures that the page shows as real. */
  private shown: string | undefined
  private current: Ask | undefined

  constructor(
    private readonly host: HostLink,
    private readonly assets: Assets,
    private readonly events: TrainerEvents,
  ) {}

  /** Opens a run from its checkpoint, or at step 0 where it has none. @throws InklingError */
  async open(runId: string, backend: Backend, which: 'newest' | 'good', change: Partial<TrainingSettings>): Promise<OpenedRun> {
    const opened = needsProcess(backend) ? await this.openInProcess(runId, backend, which, change) : await this.openInWorker(runId, backend, which, change)
    // Two trainers at once would take memory for nothing.
    if (needsProcess(backend)) this.endWorker()
    else await this.host.call('endProcess', {})
    return opened
  }

  /** Asks whoever has the open run. @throws InklingError */
  readonly ask: Ask = (name, ask) => {
    if (!this.current) return Promise.reject(InklingError.of('studio-worker-lost', { reason: 'no run is open' }))
    return this.current(name, ask)
  }

  /** Milliseconds of a step, the median of `steps`. No run may be open. @throws InklingError */
  async measure(backend: Backend, settings: TrainingSettings, steps: number): Promise<number> {
    const ask = needsProcess(backend) ? this.askProcess : await this.askWorker()
    return (await ask('measure', { backend, settings, steps })).stepMs
  }

  async close(): Promise<void> {
    const { current } = this
    this.current = undefined
    await current?.('close', {})
  }

  /** The open run is gone with whoever had it. What is left of a worker is not to be trusted: its graphics may be gone. */
  forget(): void {
    this.current = undefined
    this.endWorker()
  }

  /** Real digits to look at before anything is trained. */
  async showDigits(): Promise<void> {
    if (this.shown === undefined) this.show(mnist, await this.assets.unpacked('digits.bin.gz'))
  }

  private readonly askProcess: Ask = async (name, ask) => {
    // The question is the pair that the protocol's union is made of.
    const question = { name, ask } as unknown as Question
    return (await this.host.call('askProcess', { question })) as never
  }

  private async openInProcess(...[runId, backend, which, change]: Parameters<Trainers['open']>): Promise<OpenedRun> {
    if (!needsProcess(backend)) throw InklingError.of('internal', { reason: `${backend} needs no process` })
    const opened = await this.host.call('openInProcess', { runId, backend, which, change })
    this.current = this.askProcess
    if (opened.pictures === 'own') {
      const { data } = await this.host.call('openData', { runId })
      if (data) this.show(runId, data)
    } else if (this.shown !== mnist) this.show(mnist, await this.assets.unpacked('digits.bin.gz'))
    return opened
  }

  private async openInWorker(...[runId, backend, which, change]: Parameters<Trainers['open']>): Promise<OpenedRun> {
    const [{ run, checkpoint }, { data }] = await Promise.all([this.host.call('openRun', { runId, which }), this.host.call('openData', { runId })])
    const worker = await this.load(data && { runId, data })
    const opened = checkpoint
      ? await worker.call('resume', { backend, checkpoint, change }, transferable(checkpoint))
      : await worker.call('create', { backend, settings: { ...run.settings, ...change } })
    this.current = (name, ask) => worker.call(name, ask)
    return { run, opened, pictures: data ? 'own' : 'mnist' }
  }

  private async askWorker(): Promise<Ask> {
    const worker = await this.load(undefined)
    return (name, ask) => worker.call(name, ask)
  }

  /** Gives the worker what it learns from, and its wasm files, unless it has them. */
  private async load(own: { readonly runId: string; readonly data: Uint8Array } | undefined): Promise<TrainerLink> {
    const wanted = own?.runId ?? mnist
    if (this.worker && this.loaded === wanted) return this.worker
    const data = own?.data ?? (await this.assets.unpacked('digits.bin.gz'))
    this.show(wanted, data)
    const [script, tfjsWasm, kernels, classifier] = await Promise.all([
      this.assets.text('worker.js'),
      this.assets.bytes('tfjs.wasm'),
      this.assets.bytes(kernelFile()),
      // The classifier knows digits; of other pictures it would say nonsense.
      own ? undefined : this.assets.bytes('classifier.bin'),
    ])
    this.worker ??= new TrainerLink(script, (news) => this.events.onNews(news), (error) => this.lost(error))
    await this.worker.call('load', { data, tfjsWasm, kernels, classifier }, transferable(data))
    this.loaded = wanted
    return this.worker
  }

  private show(what: string, data: Uint8Array): void {
    if (this.shown === what) return
    this.events.onRealPictures(realSamples(unpackDataset(data)))
    this.shown = what
  }

  private lost(error: InklingError): void {
    this.forget()
    this.events.onGone(error)
  }

  private endWorker(): void {
    this.worker?.dispose()
    this.worker = undefined
    this.loaded = undefined
  }
}

/** The buffer of an array that fills it: it can be moved instead of copied. */
function transferable(bytes: Uint8Array): ArrayBuffer[] {
  return bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength ? [bytes.buffer] : []
}
