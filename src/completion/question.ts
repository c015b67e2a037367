import { isCancelled } from '../base/cancellation'
import type { Clock } from '../base/clock'
import { MutableDisposable, type IDisposable } from '../base/lifecycle'
import type { Continuation, ContinuationRequest } from '../language/continuation'
import { typedSince } from './memory'

/** Whoever runs the model: the engine's client, or a model in this process. */
export interface Continuer {
  /**
   * @param session requests of one session share a key/value cache
   * @param onPartial told the text of the likeliest candidate whenever it has grown
   * @throws CancelledError when `signal` fires before the answer is there
   */
  continue(request: ContinuationRequest, session: string, signal: AbortSignal, onPartial: (text: string) => void): Promise<readonly Continuation[]>
}

/** What was asked, and where. */
export interface Asked {
  readonly session: string
  /** All text before the caret that was read. */
  readonly context: string
  readonly explicit: boolean
  readonly request: ContinuationRequest
}

/** Typing further than this from a question makes another one. */
const farthestTyped = 64

/** An editor that lost interest may be about to ask again, one letter further: it gets so long to do so. */
const graceMs = 200

/** One question to the model, which may begin with a pause. It ends with an answer, an error, or because nobody wants it any more. */
export class Question {
  private readonly controller = new AbortController()
  private readonly grace = new MutableDisposable<IDisposable>()
  private partial = ''
  private waiting = 0
  private latest: string
  private tookMs: number | undefined

  /** The answer; undefined when the question was dropped. Rejects with the engine's error. */
  readonly answer: Promise<readonly Continuation[] | undefined>

  /** @param delayMs how long to wait for the next key before the model is asked */
  constructor(
    readonly asked: Asked,
    continuer: Continuer,
    private readonly clock: Clock,
    delayMs: number,
  ) {
    this.latest = asked.context
    this.answer = this.run(continuer, delayMs)
    // Those who wait hear of an error; when nobody does, it is nobody's.
    this.answer.catch(() => undefined)
  }

  /** What the model took to answer; undefined while it has not. */
  get answerMs(): number | undefined {
    return this.tookMs
  }

  /**
   * Whether the answer may still serve a caret that stands behind `context`: what was typed since is what the answer has
   * begun with. Without a letter of the answer nothing speaks for it.
   */
  serves(session: string, context: string, explicit: boolean): boolean {
    if (this.controller.signal.aborted || session !== this.asked.session || (explicit && !this.asked.explicit)) return false
    const typed = typedSince(this.asked.context, context, farthestTyped)
    if (typed === undefined) return false
    return typed === '' || (this.partial !== '' && (this.partial.startsWith(typed) || typed.startsWith(this.partial)))
  }

  /** Waits for the answer on behalf of a caret behind `context`. When nobody has waited for a while the question is dropped. */
  async waitFor(context: string, signal: AbortSignal): Promise<readonly Continuation[] | undefined> {
    this.latest = context
    this.waiting++
    this.grace.clear()
    const gaveUp = abortOf(signal)
    try {
      return await Promise.race([this.answer, gaveUp.promise])
    } finally {
      gaveUp.dispose()
      this.waiting--
      if (this.waiting === 0) this.grace.value = this.clock.after(graceMs, () => this.drop())
    }
  }

  drop(): void {
    this.grace.dispose()
    this.controller.abort()
  }

  private async run(continuer: Continuer, delayMs: number): Promise<readonly Continuation[] | undefined> {
    const { request, session } = this.asked
    const { signal } = this.controller
    try {
      // Without a pause the model is asked in this very moment: when a document opens, others hold the thread right behind it.
      if (delayMs > 0) await pause(this.clock, delayMs, signal)
      if (signal.aborted) return undefined
      const askedAt = this.clock.now()
      const candidates = await continuer.continue(request, session, signal, (text) => this.grow(text))
      this.tookMs = this.clock.now() - askedAt
      return candidates
    } catch (error) {
      if (isCancelled(error)) return undefined
      throw error
    } finally {
      this.grace.dispose()
    }
  }

  private grow(text: string): void {
    this.partial = text
    if (!this.serves(this.asked.session, this.latest, this.asked.explicit)) this.drop()
  }
}

/** Ends early when `signal` fires. */
async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  const over = abortOf(signal)
  const timer = new MutableDisposable<IDisposable>()
  try {
    await Promise.race([new Promise<void>((resolve) => (timer.value = clock.after(ms, resolve))), over.promise])
  } finally {
    timer.dispose()
    over.dispose()
  }
}

/** Resolves when `signal` fires; disposed, it listens no more. */
function abortOf(signal: AbortSignal): IDisposable & { readonly promise: Promise<undefined> } {
  let settle: () => void = () => {}
  const promise = new Promise<undefined>((resolve) => (settle = () => resolve(undefined)))
  if (signal.aborted) settle()
  else signal.addEventListener('abort', settle)
  return { promise, dispose: () => signal.removeEventListener('abort', settle) }
}
