import { CancelledError } from '../base/cancellation'
import type { Clock } from '../base/clock'
import { InklingError, reasonOf } from '../base/errors'
import { Emitter } from '../base/event'
import { Disposable, MutableDisposable, toDisposable, type IDisposable } from '../base/lifecycle'
import { assertNever } from '../base/assertNever'
import type { EngineProcess, ExitKind, StartEngine } from './process'
import type { EngineMethod, FromEngine, LoadStatus, ModelSpec, Params, PartialResult, Result, ToEngine } from './protocol'
import { decideRestart, type RestartPolicy } from './restartPolicy'

export type EngineState =
  | { readonly kind: 'off' }
  | { readonly kind: 'running'; readonly busy: number; readonly load: LoadStatus | undefined }
  | { readonly kind: 'stopped'; readonly error: InklingError }

export interface CallOptions<M extends EngineMethod> {
  readonly signal?: AbortSignal | undefined
  readonly onPartial?: ((value: PartialResult<M>) => void) | undefined
}

/** What the rest of the program needs of an engine whose models are named by an `S`. */
export interface Engine<S = ModelSpec> {
  readonly state: EngineState
  /** @throws InklingError as the engine answered, or because it died; CancelledError */
  call<M extends EngineMethod>(method: M, params: Params<M, S>, options?: CallOptions<M>): Promise<Result<M>>
}

interface Pending<S> {
  readonly model: S
  resolve(value: unknown): void
  reject(error: Error): void
  partial(value: unknown): void
}

/**
 * The engine as seen from the extension host: starts the child on the first call, settles every call exactly once, and
 * starts a dead child again as the policy says. A call in flight when the child dies fails; nothing is sent twice.
 */
export class EngineClient<S = ModelSpec> extends Disposable implements Engine<S> {
  private readonly states = this.register(new Emitter<EngineState>())
  readonly onState = this.states.event
  private readonly logs = this.register(new Emitter<{ level: 'info' | 'warn' | 'error'; text: string }>())
  readonly onLog = this.logs.event
  private readonly warnings = this.register(new Emitter<{ error: InklingError; model: ModelSpec }>())
  /** What the engine did otherwise than the spec of a model asks. */
  readonly onWarning = this.warnings.event
  private readonly deaths = this.register(new Emitter<{ reason: string; kind: ExitKind; models: readonly S[] }>())
  /** The engine's process is gone. `models` are those that it worked with at that moment. */
  readonly onDeath = this.deaths.event

  private readonly child = this.register(new MutableDisposable<EngineProcess<S>>())
  private readonly restartTimer = this.register(new MutableDisposable<IDisposable>())
  private readonly pending = new Map<number, Pending<S>>()
  private readonly deathTimes: number[] = []
  private nextId = 1
  private load: LoadStatus | undefined
  private stopped: InklingError | undefined
  /** Settles when a dead child may be started again. */
  private restarting: Promise<void> | undefined

  constructor(
    private readonly start: StartEngine<S>,
    private readonly policy: RestartPolicy,
    private readonly clock: Clock,
  ) {
    super()
  }

  get state(): EngineState {
    if (this.stopped) return { kind: 'stopped', error: this.stopped }
    if (!this.child.value) return { kind: 'off' }
    return { kind: 'running', busy: this.pending.size, load: this.load }
  }

  async call<M extends EngineMethod>(method: M, params: Params<M, S>, options: CallOptions<M> = {}): Promise<Result<M>> {
    // Without a need to wait it is sent in this very moment.
    if (this.restarting) await this.restarting
    if (this.isDisposed || options.signal?.aborted) throw new CancelledError()
    if (this.stopped) throw this.stopped
    return this.send(this.running(), method, params, options)
  }

  /** Starts the child ahead of the first call, in this moment, unless a dead one has to wait. What goes wrong is for that call to say. */
  begin(): void {
    if (this.isDisposed || this.stopped || this.restarting) return
    try {
      this.running()
    } catch {
      // The call tries again.
    }
  }

  /** Ends the child, forgets its deaths and lets the next call start it anew. */
  restart(): void {
    this.deathTimes.length = 0
    this.stopped = undefined
    this.restartTimer.clear()
    this.end(InklingError.of('engine-stopped', { reason: 'restarted' }))
    this.announce()
  }

  override dispose(): void {
    super.dispose()
    this.settleAll(() => new CancelledError())
  }

  private send<M extends EngineMethod>(child: EngineProcess<S>, method: M, params: Params<M, S>, { signal, onPartial }: CallOptions<M>): Promise<Result<M>> {
    const id = this.nextId++
    return new Promise((resolve, reject) => {
      // The child still answers a cancelled call; that answer only clears the entry.
      const cancel = (): void => child.send({ type: 'cancel', id })
      signal?.addEventListener('abort', cancel, { once: true })
      const settle = (): void => {
        this.pending.delete(id)
        signal?.removeEventListener('abort', cancel)
        this.announce()
      }
      this.pending.set(id, {
        model: params.model,
        // The child is built from the same protocol file, so its values have the types that it declares.
        resolve: (value) => (settle(), resolve(value as Result<M>)),
        reject: (error) => (settle(), reject(error)),
        partial: (value) => onPartial?.(value as PartialResult<M>),
      })
      child.send({ type: 'call', id, method, params } as ToEngine<S>)
      this.announce()
    })
  }

  private running(): EngineProcess<S> {
    if (this.child.value) return this.child.value
    let ended = false
    try {
      const child = this.start({
        onMessage: (message) => {
          if (!ended) this.receive(message)
        },
        onExit: (reason, kind) => {
          if (ended) return
          ended = true
          // A child that was replaced on purpose is no death.
          if (this.child.value === child) this.died(reason, kind)
        },
      })
      this.child.value = child
      return child
    } catch (error) {
      throw InklingError.of('engine-start-failed', { reason: reasonOf(error) }, error)
    }
  }

  private receive(message: FromEngine): void {
    switch (message.type) {
      case 'partial':
        return this.pending.get(message.id)?.partial(message.value)
      case 'result':
        return this.pending.get(message.id)?.resolve(message.value)
      case 'failed':
        return this.pending.get(message.id)?.reject(InklingError.fromWire(message.error))
      case 'cancelled':
        return this.pending.get(message.id)?.reject(new CancelledError())
      case 'status':
        // Another model may leave to make room for the one that is in use.
        if (message.status.kind !== 'unloaded' || message.status.folder === this.load?.folder) this.load = message.status
        return this.announce()
      case 'log':
        return this.logs.fire(message)
      case 'warning':
        return this.warnings.fire({ error: InklingError.fromWire(message.error), model: message.model })
      default:
        return assertNever(message)
    }
  }

  private died(reason: string, kind: ExitKind): void {
    this.deaths.fire({ reason, kind, models: [...this.pending.values()].map(({ model }) => model) })
    const now = this.clock.now()
    this.deathTimes.push(now)
    const decision = decideRestart(this.policy, this.deathTimes, now)
    if (decision.kind === 'give-up') {
      this.stopped = InklingError.of('engine-gave-up', { count: decision.deaths })
    } else {
      // The next call starts the child; until the delay is over, calls wait.
      this.restarting = new Promise<void>((resolve) => {
        const timer = this.clock.after(decision.delayMs, resolve)
        this.restartTimer.value = toDisposable(() => (timer.dispose(), resolve()))
      }).then(() => (this.restarting = undefined))
    }
    // The editor's own runtime ends a process that asks for more in one piece than it gives.
    this.end(kind === 'trapped' && this.load?.kind === 'loading' ? InklingError.of('model-too-large-here', {}) : InklingError.of('engine-stopped', { reason }))
    this.announce()
  }

  private end(error: InklingError): void {
    this.load = undefined
    this.child.clear()
    this.settleAll(() => error)
  }

  private settleAll(error: () => Error): void {
    for (const call of [...this.pending.values()]) call.reject(error())
  }

  private announce(): void {
    if (!this.isDisposed) this.states.fire(this.state)
  }
}
