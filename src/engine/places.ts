import { Emitter } from '../base/event'
import { Disposable, toDisposable } from '../base/lifecycle'
import type { CallOptions, Engine, EngineClient, EngineState } from './client'
import type { AnyModelSpec, EngineMethod, Params, Result, ServedModelSpec } from './protocol'
import type { CallScope, Handlers } from './server'

/**
 * The engines of the two places where models run: a process on this machine, and a server. A call names its model and
 * by that its place, so nobody else has to know which is in use.
 */
export class EnginePlaces extends Disposable implements Engine<AnyModelSpec> {
  private readonly states = this.register(new Emitter<EngineState>())
  readonly onState = this.states.event
  readonly onLog: EngineClient['onLog']
  /** Where the latest call went. */
  private latest: { readonly state: EngineState }

  constructor(
    private readonly here: EngineClient,
    private readonly served: EngineClient<ServedModelSpec>,
  ) {
    super()
    this.latest = here
    this.onLog = (listener) => {
      const listening = [here.onLog(listener), served.onLog(listener)]
      return toDisposable(() => listening.forEach((one) => one.dispose()))
    }
    for (const engine of [here, served]) this.register(engine.onState(() => this.states.fire(this.state)))
  }

  get state(): EngineState {
    return this.latest.state
  }

  call<M extends EngineMethod>(method: M, params: Params<M, AnyModelSpec>, options?: CallOptions<M>): Promise<Result<M>> {
    if (isServed(params)) {
      this.latest = this.served
      return this.served.call(method, params, options)
    }
    this.latest = this.here
    return this.here.call(method, params as Params<M>, options)
  }

  /** Starts the process on this machine ahead of the first call. */
  begin(): void {
    this.here.begin()
  }

  /** Starts both afresh. */
  restart(): void {
    this.here.restart()
    this.served.restart()
  }
}

/** The same for handlers that run in this process. */
export function handlersOfPlaces(here: Handlers, served: Handlers<ServedModelSpec>): Handlers<AnyModelSpec> {
  const pick = <M extends EngineMethod>(method: M) => (params: Params<M, AnyModelSpec>, scope: CallScope<M>): Promise<Result<M>> =>
    isServed(params) ? served[method](params, scope) : here[method](params as Params<M>, scope)
  return { load: pick('load'), continue: pick('continue'), generate: pick('generate'), score: pick('score'), tokenize: pick('tokenize') }
}

function isServed<M extends EngineMethod>(params: Params<M, AnyModelSpec>): params is Params<M, ServedModelSpec> {
  return 'server' in params.model
}
