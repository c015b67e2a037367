import type { IDisposable } from '../base/lifecycle'
import type { FromEngine, ModelSpec, ToEngine } from './protocol'

/** The other side of the protocol, whatever carries it. Disposing ends it. */
export interface EngineProcess<S = ModelSpec> extends IDisposable {
  /** May be called until `onExit`; what cannot be delivered any more is dropped. */
  send(message: ToEngine<S>): void
}

/**
 * How a process came to its end: `trapped` as Electron ends one that asks for memory which it does not give, `killed`
 * at once by the system or a person, `ended` on their request, `died` by itself.
 */
export type ExitKind = 'trapped' | 'killed' | 'ended' | 'died'

/** What a process tells its owner. `onExit` is called exactly once, and nothing after it. */
export interface EngineProcessListener {
  onMessage(message: FromEngine): void
  onExit(reason: string, kind: ExitKind): void
}

export type StartEngine<S = ModelSpec> = (listener: EngineProcessListener) => EngineProcess<S>
