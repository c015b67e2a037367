import { InklingError, toInklingError, type ErrorOnWire } from '../../base/errors'
import { Disposable, MutableDisposable } from '../../base/lifecycle'
import type { Child, ChildListener } from '../../engine/fork'
import { Caller } from '../../gan/protocol/calls'
import type { HostCalls, HostNews, OpenedRun } from '../../gan/protocol/hostProtocol'
import { isFromTrainer, type FromTrainer, type Question, type TrainerCall, type TrainerCalls } from '../../gan/protocol/trainerProtocol'
import { SaveQueue } from '../../gan/saveQueue'
import type { RunStore, SaveCheckpoint } from './runStore'

export type StartTrainer = (listener: ChildListener<unknown>) => Child<TrainerCall>

interface RunSave extends SaveCheckpoint {
  readonly runId: string
}

/**
 * The process that trains natively, for one panel. It starts on its first use; when it dies, whoever waits is told, and
 * the next use starts it anew. Its checkpoints go straight to the disk, and the page hears that they did.
 */
export class NativeTrainer extends Disposable {
  private readonly child = this.register(new MutableDisposable<Child<TrainerCall>>())
  private caller: Caller<TrainerCalls> | undefined
  /** What the process has loaded: `mnist`, or the id of the run whose own pictures they are. */
  private loaded: string | undefined
  private runId: string | undefined
  private running = false
  private readonly saves: SaveQueue<RunSave>

  constructor(
    private readonly start: StartTrainer,
    private readonly store: RunStore,
    private readonly tell: (news: HostNews) => void,
    private readonly log: (text: string) => void,
  ) {
    super()
    this.saves = new SaveQueue(
      ({ runId, ...save }) => store.saveCheckpoint(runId, save),
      ({ runId, step }) => tell({ type: 'saved', runId, step }),
      (error) => tell({ type: 'savingFailed', error: onWire(error) }),
    )
    this.register({ dispose: () => this.forget(InklingError.of('studio-worker-lost', { reason: 'it was ended' })) })
  }

  /** @throws InklingError as the store or the trainer refuses */
  async open({ runId, which, backend, change }: HostCalls['openInProcess']['ask']): Promise<OpenedRun> {
    await this.saves.settled()
    const [run, data, checkpoint] = await Promise.all([this.store.read(runId), this.store.data(runId), this.store.checkpoint(runId, which)])
    const caller = await this.load(data && { runId, data })
    const opened = checkpoint
      ? await caller.call('resume', { backend, checkpoint, change })
      : await caller.call('create', { backend, settings: { ...run.settings, ...change } })
    this.runId = runId
    return { run, opened, pictures: data ? 'own' : 'mnist' }
  }

  async ask({ name, ask }: Question): Promise<unknown> {
    const caller = name === 'measure' ? await this.load(undefined) : this.started()
    const answer = await caller.call(name, ask)
    // A run that was closed may be opened at once from what was saved.
    if (name === 'close') await this.saves.settled()
    return answer
  }

  /** Ends the process. A run that is going writes a last checkpoint first. */
  async end(): Promise<void> {
    // A process that died meanwhile has nothing more to write.
    if (this.running) await this.caller?.call('pause', {}).catch(() => undefined)
    await this.saves.settled()
    this.forget(InklingError.of('studio-worker-lost', { reason: 'it was ended' }))
    this.child.clear()
  }

  private async load(own: { readonly runId: string; readonly data: Uint8Array } | undefined): Promise<Caller<TrainerCalls>> {
    const caller = this.started()
    const wanted = own?.runId ?? 'mnist'
    if (this.loaded !== wanted) await caller.call('load', { data: own?.data, tfjsWasm: undefined, kernels: undefined, classifier: undefined })
    this.loaded = wanted
    return caller
  }

  private started(): Caller<TrainerCalls> {
    if (this.caller) return this.caller
    const child = this.start({
      onMessage: (message) => {
        if (this.child.value === child && isFromTrainer(message)) this.receive(message)
      },
      onOutput: (text) => this.log(text.trimEnd()),
      onExit: (reason) => {
        if (this.child.value !== child) return
        const error = InklingError.of('studio-worker-lost', { reason })
        this.forget(error)
        this.child.clear()
        this.tell({ type: 'trainerGone', error: onWire(error) })
      },
    })
    this.child.value = child
    this.caller = new Caller<TrainerCalls>((call) => child.send(call))
    return this.caller
  }

  private receive(message: FromTrainer): void {
    switch (message.type) {
      case 'answer':
      case 'refusal':
        return this.caller?.settle(message)
      case 'checkpoint': {
        const { type: _, ...save } = message
        if (this.runId !== undefined) this.saves.add({ runId: this.runId, ...save })
        return
      }
      case 'state':
        this.running = message.state === 'running'
        return this.tell({ type: 'trainer', news: message })
      default:
        return this.tell({ type: 'trainer', news: message })
    }
  }

  private forget(error: InklingError): void {
    this.running = false
    this.loaded = this.runId = undefined
    this.caller?.close(error)
    this.caller = undefined
  }
}

function onWire(error: unknown): ErrorOnWire {
  const { code, facts } = toInklingError(error)
  return { code, facts }
}
