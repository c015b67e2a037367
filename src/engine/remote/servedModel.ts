import { isCancelled } from '../../base/cancellation'
import type { Clock } from '../../base/clock'
import { InklingError } from '../../base/errors'
import type { Continuation, ContinuationRequest } from '../../language/continuation'
import type { GenerationRequest } from '../../language/generate'
import type { TextScore } from '../../language/score'
import { TransientError } from '../../library/http'
import type { GenerateResult, LoadedModel, LoadStatus, ServedModelSpec } from '../protocol'
import { requireServer } from './address'
import { complete, listModels, stream, type CompletionBody, type Connection } from './client'
import { continueOnServer } from './continuer'
import { generateOnServer } from './generator'
import type { CompletionMessage, ServedModel } from './messages'
import { afterFailure, reasonToWait, serverPausePolicy, type Pause } from './pauses'
import { PieceReader, type Piece } from './pieces'
import { TooLongError, UnfitRequestError } from './refusal'
import { completionWishes, echoBody, generationBody, generationWishes, greedyBody, type Wishes } from './requests'
import { endThatFits, mostTokens } from './room'
import { scoreOnServer } from './scorer'

export interface ServedModelOptions {
  /** The key for a server; asked for at each request, so that a new one counts at once. */
  keyFor(server: URL): Promise<string | undefined>
  onStatus(status: LoadStatus): void
  readonly clock: Clock
}

/** Silence that is borne, in milliseconds: while somebody types, and while somebody waits for a text or a list. */
const patience = { typing: { idleMs: 10_000 }, text: { idleMs: 120_000 }, list: { idleMs: 10_000 } }

/** Until a server says otherwise: all but the smallest models can hold this much. */
const assumedContext = 2048
const shortestContext = 64

/** One model of one server: what is known of it, and how it has behaved so far. */
export class ServedModelClient {
  private known: { readonly name: string; readonly contextLength: number; readonly loadMs: number } | undefined
  private pause: Pause | undefined
  /** Places in the lists of wishes: what the server takes. */
  private readonly taken = new Map<readonly Wishes[], number>()

  constructor(
    private readonly spec: ServedModelSpec,
    private readonly options: ServedModelOptions,
  ) {}

  load(signal: AbortSignal): Promise<LoadedModel> {
    return this.attempt(false, async () => this.loaded(), signal)
  }

  /** @throws InklingError `server-…`; CancelledError */
  continue(request: ContinuationRequest, onPartial: (candidate: number, text: string) => void, signal: AbortSignal): Promise<readonly Continuation[]> {
    // Typing asks for one continuation; who asks for several waits for them.
    return this.attempt(request.candidates > 1, (connection) => {
      const prompt = endThatFits(request.prompt, this.contextLength - request.limits.maxTokens)
      const ask = (from: string, maxTokens: number): AsyncGenerator<Piece, 'stop' | 'length' | undefined> => this.pieces(connection, from, maxTokens, signal)
      return continueOnServer(ask, { ...request, prompt }, onPartial)
    }, signal)
  }

  generate(request: GenerationRequest, onText: (sequence: number, text: string) => void, signal: AbortSignal): Promise<GenerateResult> {
    return this.attempt(true, async (connection) => {
      if (request.prompt === '') throw InklingError.of('prompt-empty', {})
      // A long text needs a long prompt less than room.
      const prompt = endThatFits(request.prompt, this.contextLength - Math.min(request.maxNewTokens, this.contextLength >> 1))
      const maxTokens = Math.max(1, Math.min(request.maxNewTokens, this.contextLength - mostTokens(prompt)))
      const began = this.options.clock.now()
      let prefilled: number | undefined
      const ask = (first: number, count: number): AsyncGenerator<CompletionMessage> =>
        this.ask(connection, generationWishes, (wishes) => generationBody({ ...request, prompt }, maxTokens, first, count, wishes), patience.text, signal)
      const generated = await generateOnServer(ask, request, (sequence, text) => {
        prefilled ??= this.options.clock.now()
        onText(sequence, text)
      })
      const ended = this.options.clock.now()
      return { ...generated, promptCut: prompt.length < request.prompt.length, prefillMs: (prefilled ?? ended) - began, decodeMs: ended - (prefilled ?? ended) }
    }, signal)
  }

  score(text: string, alternatives: number, signal: AbortSignal): Promise<TextScore> {
    return this.attempt(true, async (connection) => {
      const body = (window: string): CompletionBody => this.named(echoBody(window, Math.max(1, alternatives)))
      const ask = (window: string): Promise<CompletionMessage> =>
        complete(connection, body(window), patience.text, signal).catch((error: unknown) => {
          // It was asked for nothing else than to repeat the text.
          throw error instanceof UnfitRequestError ? InklingError.of('server-no-scores', { host: connection.server.host }) : error
        })
      return scoreOnServer(ask, text, this.contextLength - 1, connection.server.host)
    }, signal)
  }

  private get contextLength(): number {
    return this.known?.contextLength ?? assumedContext
  }

  /**
   * Does something with the server unless it is being left alone, and leaves it alone after a failure. A text that proved too
   * long is tried again with less of it.
   * @param asked a person waits for it
   */
  private async attempt<T>(asked: boolean, work: (connection: Connection) => Promise<T>, signal: AbortSignal): Promise<T> {
    const reason = reasonToWait(this.pause, asked, this.options.clock.now())
    if (reason !== undefined) throw reason
    try {
      const server = requireServer(this.spec.server, this.spec.allowHttp)
      const connection = { server, key: await this.options.keyFor(server), strictCertificates: this.spec.strictCertificates }
      if (this.known === undefined) this.know(await this.look(connection, signal))
      const result = await this.shortening(() => work(connection))
      this.succeeded()
      return result
    } catch (error) {
      if (isCancelled(error) || signal.aborted) throw error
      throw this.failed(error)
    }
  }

  private async shortening<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof TooLongError) || this.known === undefined || this.known.contextLength <= shortestContext) throw error
        const { contextLength } = this.known
        const shorter = error.contextLength !== undefined && error.contextLength < contextLength ? error.contextLength : contextLength >> 1
        this.know({ ...this.known, contextLength: Math.max(shortestContext, shorter) })
      }
    }
  }

  /** What the server tells of the model before it is used. */
  private async look(connection: Connection, signal: AbortSignal): Promise<NonNullable<typeof this.known>> {
    const began = this.options.clock.now()
    const listed = await listModels(connection, patience.list, signal).catch((error: unknown): readonly ServedModel[] => {
      // A gateway need not have a list.
      if (error instanceof InklingError && error.code === 'server-no-completions') return []
      throw error
    })
    const wanted = this.spec.model
    if (wanted === '' && listed.length > 1) throw InklingError.of('server-model-unset', { host: connection.server.host, models: nameSome(listed) })
    const model = listed.find(({ id }) => id === wanted) ?? (listed.length === 1 ? listed[0] : undefined)
    return { name: wanted === '' ? (model?.id ?? '') : wanted, contextLength: model?.contextLength ?? assumedContext, loadMs: this.options.clock.now() - began }
  }

  private know(known: NonNullable<typeof this.known>): void {
    this.known = known
    this.options.onStatus({ kind: 'loaded', folder: this.spec.server, loaded: this.loaded() })
  }

  private loaded(): LoadedModel {
    const { host } = requireServer(this.spec.server, this.spec.allowHttp)
    return { description: { name: this.known?.name === '' ? host : (this.known?.name ?? host), host }, contextLength: this.contextLength, loadMs: this.known?.loadMs ?? 0 }
  }

  private succeeded(): void {
    if (this.pause === undefined) return
    this.pause = undefined
    this.options.onStatus({ kind: 'loaded', folder: this.spec.server, loaded: this.loaded() })
  }

  /** @returns what to tell */
  private failed(failure: unknown): unknown {
    const error = failure instanceof TransientError || failure instanceof TooLongError || failure instanceof UnfitRequestError ? failure.final : failure
    // A text that does not fit says nothing about the next one.
    if (!(error instanceof InklingError) || failure instanceof TooLongError || !error.code.startsWith('server-')) return error
    const passing = failure instanceof TransientError
    // Somebody may have to change something there first, so all that was known may be otherwise then.
    if (!passing) this.known = undefined
    this.pause = afterFailure(serverPausePolicy, this.pause, { error, passing, retryAfterMs: passing ? failure.retryAfterMs : undefined }, this.options.clock.now())
    this.options.onStatus({ kind: 'unavailable', folder: this.spec.server, error: { code: error.code, facts: error.facts } })
    return error
  }

  private async *pieces(connection: Connection, prompt: string, maxTokens: number, signal: AbortSignal): AsyncGenerator<Piece, 'stop' | 'length' | undefined> {
    const reader = new PieceReader()
    for await (const { parts } of this.ask(connection, completionWishes, (wishes) => greedyBody(prompt, maxTokens, wishes), patience.typing, signal)) {
      for (const part of parts) {
        const pieces = reader.read(part)
        if (pieces === undefined) throw InklingError.of('server-no-logprobs', { host: connection.server.host })
        yield* pieces
        if (part.finish !== undefined) return part.finish
      }
    }
    return undefined
  }

  /** A streamed answer to the fullest request that the server takes. */
  private async *ask(connection: Connection, ladder: readonly Wishes[], body: (wishes: Wishes) => CompletionBody, patient: { readonly idleMs: number }, signal: AbortSignal): AsyncGenerator<CompletionMessage> {
    for (let step = this.taken.get(ladder) ?? 0; ; step++) {
      const wishes = ladder[step]
      let begun = false
      try {
        for await (const message of stream(connection, this.named(body(wishes ?? ladder[0]!)), patient, signal)) {
          begun = true
          this.taken.set(ladder, step)
          yield message
        }
        return
      } catch (error) {
        if (begun || step + 1 >= ladder.length) throw error
        // A server that cannot give log-probabilities may fail instead of refusing; one that has given some fails for another reason.
        if (error instanceof TransientError && error.final.code === 'server-failed' && !this.taken.has(ladder)) step = Math.max(step, ladder.findIndex(({ listed }) => listed === 0) - 1)
        else if (!(error instanceof UnfitRequestError)) throw error
      }
    }
  }

  private named(body: CompletionBody): CompletionBody {
    return this.known === undefined || this.known.name === '' ? body : { model: this.known.name, ...body }
  }
}

function nameSome(models: readonly ServedModel[]): string {
  const names = models.slice(0, 5).map(({ id }) => id)
  return names.join(', ') + (models.length > names.length ? ', …' : '')
}
