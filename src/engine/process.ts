import type { IDisposable } from '../base/lifecycle'
import type { FromEngine, ModelSpec, ToEngine } from './protocol'

/** The other side of the protocol, whatever carries it. Disposing ends it. */
export interface EngineProcess<S = ModelSpec> extends IDisposable {
  /** May be called until `onExit`; what cannot be delivered any more is dropped. */
  send(message: ToEngine<S>): void
}

/** What a process tells its owner. `onExit` is called exactly once, and nothing after it. */
export interface EngineProcessListener {
  onMessage(message: FromEngine): void
  /** @param trapped whether it ended itself as Electron does when memory is asked for that it does not give */
  onExit(reason: string, trapped?: boolean): void
}

export type StartEngine<S = ModelSpec> = (listener: EngineProcessListener) => EngineProcess<S>
