import { InklingError, toInklingError, type ErrorOnWire } from '../../base/errors'
import type { IDisposable } from '../../base/lifecycle'

/**
 * Questions and answers over a channel that only carries messages. Every call settles exactly once: with the answer,
 * with the other side's error, or with an error when the other side goes away.
 */
export interface CallMap {
  readonly [name: string]: { readonly ask: object; readonly answer: unknown }
}

/** A call on its way: `{ type: 'call', id, name, ask }`. */
export type Call<M extends CallMap> = { readonly [K in keyof M & string]: { readonly type: 'call'; readonly id: number; readonly name: K; readonly ask: M[K]['ask'] } }[keyof M & string]

export type Settled =
  | { readonly type: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly type: 'refusal'; readonly id: number; readonly error: ErrorOnWire }

interface Waiting {
  readonly resolve: (answer: never) => void
  readonly reject: (error: InklingError) => void
}

/** The asking side. */
export class Caller<M extends CallMap> implements IDisposable {
  private readonly waiting = new Map<number, Waiting>()
  private next = 1
  private gone: InklingError | undefined

  /** @param send posts a message; `transfer` lists buffers that need not be copied where the channel can move them */
  constructor(private readonly send: (call: Call<M>, transfer: readonly ArrayBuffer[]) => void) {}

  call<K extends keyof M & string>(name: K, ask: M[K]['ask'], transfer: readonly ArrayBuffer[] = []): Promise<M[K]['answer']> {
    if (this.gone) return Promise.reject(this.gone)
    const id = this.next++
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject })
      try {
        this.send({ type: 'call', id, name, ask }, transfer)
      } catch (error) {
        this.waiting.delete(id)
        reject(toInklingError(error))
      }
    })
  }

  /** To be called with every answer or refusal that arrives; one that nobody waits for is ignored. */
  settle(message: Settled): void {
    const waiting = this.waiting.get(message.id)
    if (!waiting) return
    this.waiting.delete(message.id)
    if (message.type === 'answer') waiting.resolve(message.answer as never)
    else waiting.reject(InklingError.fromWire(message.error))
  }

  /** The other side is gone: what waits is refused, and so is what comes. */
  close(error: InklingError): void {
    this.gone ??= error
    for (const { reject } of this.waiting.values()) reject(error)
    this.waiting.clear()
  }

  dispose(): void {
    this.close(InklingError.of('internal', { reason: 'The other side was closed.' }))
  }
}

export type Handlers<M extends CallMap> = { readonly [K in keyof M & string]: (ask: M[K]['ask']) => Promise<M[K]['answer']> | M[K]['answer'] }

/** The answering side: carries one call out and says how it ended. Never throws. */
export async function answerCall<M extends CallMap>(handlers: Handlers<M>, call: Call<M>): Promise<Settled> {
  try {
    return { type: 'answer', id: call.id, answer: await handlers[call.name](call.ask) }
  } catch (error) {
    const { code, facts } = toInklingError(error)
    return { type: 'refusal', id: call.id, error: { code, facts } }
  }
}
