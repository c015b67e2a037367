import { CancelledError, isCancelled } from '../base/cancellation'
import { toInklingError } from '../base/errors'
import { Disposable } from '../base/lifecycle'
import type { EngineMethod, FromEngine, ModelSpec, Params, PartialResult, Result, ToEngine } from './protocol'

/** What one call may do besides answering. */
export interface CallScope<M extends EngineMethod> {
  readonly signal: AbortSignal
  readonly partial: (value: PartialResult<M>) => void
}

export type Handlers<S = ModelSpec> = { readonly [M in EngineMethod]: (params: Params<M, S>, scope: CallScope<M>) => Promise<Result<M>> }

/** The engine's end of the protocol: runs handlers and answers every call exactly once. */
export class EngineServer<S = ModelSpec> extends Disposable {
  private readonly running = new Map<number, AbortController>()

  constructor(
    private readonly handlers: Handlers<S>,
    private readonly send: (message: FromEngine) => void,
  ) {
    super()
  }

  receive(message: ToEngine<S>): void {
    if (message.type === 'cancel') this.running.get(message.id)?.abort()
    else void this.answer(message.id, message.method, message.params)
  }

  override dispose(): void {
    super.dispose()
    for (const controller of this.running.values()) controller.abort()
  }

  private async answer<M extends EngineMethod>(id: number, method: M, params: Params<M, S>): Promise<void> {
    const controller = new AbortController()
    this.running.set(id, controller)
    const scope: CallScope<M> = {
      signal: controller.signal,
      partial: (value) => {
        if (this.running.has(id)) this.send({ type: 'partial', id, value })
      },
    }
    const message = await this.run(method, params, scope).then(
      (value): FromEngine => ({ type: 'result', id, value }),
      (error: unknown): FromEngine => this.failure(id, error),
    )
    this.running.delete(id)
    this.send(message)
  }

  private async run<M extends EngineMethod>(method: M, params: Params<M, S>, scope: CallScope<M>): Promise<Result<M>> {
    // Yielding once lets a cancellation that was sent right behind its call be seen before the work begins.
    await new Promise(setImmediate)
    if (scope.signal.aborted) throw new CancelledError()
    return this.handlers[method](params, scope)
  }

  private failure(id: number, error: unknown): FromEngine {
    if (isCancelled(error)) return { type: 'cancelled', id }
    const known = toInklingError(error)
    if (known.cause instanceof Error) this.send({ type: 'log', level: 'error', text: known.cause.stack ?? known.cause.message })
    return { type: 'failed', id, error: { code: known.code, facts: known.facts } }
  }
}
