import type { Clock } from '../base/clock'
import { throwIfCancelled } from '../base/cancellation'
import type { InklingError } from '../base/errors'
import { Disposable } from '../base/lifecycle'
import { ContinuationWriter } from '../language/continuationWriter'
import { generate } from '../language/generate'
import type { LanguageModel } from '../language/languageModel'
import { pieceTexts } from '../language/pieces'
import { scoreText } from '../language/score'
import { DeviceFallback } from './devices/deviceFallback'
import { openOnDevice } from './devices/openOnDevice'
import { readTokenizer } from './modelFolder'
import { ModelPool, type OpenModel } from './modelPool'
import { folderOpener, type BuiltFiles } from './openModel'
import type { LoadStatus, ModelSpec } from './protocol'
import type { Handlers } from './server'
import { Sessions } from './sessions'
import { systemClock } from './systemClock'

export interface EngineListener {
  onStatus(status: LoadStatus): void
  /** Something was done otherwise than the spec asks. */
  onWarning(warning: InklingError, spec: ModelSpec): void
}

export interface EngineLimits {
  /** Models in memory at a time. */
  readonly models: number
  /** Documents of one model whose key/value caches are kept. */
  readonly sessions: number
  /** A model that nobody asked for this long leaves the memory, where its spec says nothing else. */
  readonly idleMs: number
}

export interface EngineOptions {
  /** Nothing where undefined. */
  readonly built?: BuiltFiles | undefined
  readonly limits?: EngineLimits | undefined
  readonly clock?: Clock | undefined
}

const defaultLimits: EngineLimits = { models: 2, sessions: 4, idleMs: 10 * 60_000 }

/** Everything the engine can do, in this process: behind the protocol in the child, called directly by the command line. */
export function createEngine(listener: EngineListener, { built = {}, limits = defaultLimits, clock = systemClock }: EngineOptions = {}): InProcessEngine {
  const open = openOnDevice(folderOpener(built))
  return new InProcessEngine(listener, limits, clock, (spec, onFraction) => open(spec, { onFraction, onWarning: (warning) => listener.onWarning(warning, spec) }))
}

export class InProcessEngine extends Disposable {
  private readonly sessions = new Map<LanguageModel, Sessions>()
  private readonly writers = new WeakMap<LanguageModel, ContinuationWriter>()
  private readonly pool: ModelPool
  private readonly models: DeviceFallback

  constructor(
    listener: EngineListener,
    private readonly limits: EngineLimits,
    private readonly clock: Clock,
    open: OpenModel,
  ) {
    super()
    this.pool = this.register(new ModelPool(open, clock, limits, (status) => listener.onStatus(status), (model) => this.forget(model)))
    this.models = new DeviceFallback(this.pool, (error, spec) => listener.onWarning(error, spec))
  }

  readonly handlers: Handlers = {
    load: ({ model: spec }) =>
      this.models.use(spec, async ({ model, loadMs }) => ({ description: model.description, contextLength: model.contextLength, loadMs })),

    // A candidate's partial texts are whole: begun again, they say the same.
    continue: ({ model: spec, session, request }, { signal, partial }) =>
      this.models.use(spec, ({ model }) =>
        this.sessionsOf(model).use(session, async (context) => {
          // Its turn may come long after it was asked.
          throwIfCancelled(signal)
          return this.writerOf(model).write(context, request, (candidate, text) => partial({ candidate, text }), signal)
        }),
      ),

    generate: ({ model: spec, ...request }, { signal, partial }) => {
      let isShown = false
      return this.models.use(spec, ({ model }) =>
        this.sessionsOf(model).use('generate', async (context) => {
          throwIfCancelled(signal)
          // 8-bit kernels for one row and for many differ in the last bits, so a warm cache would make equal seeds differ.
          context.truncate(0)
          const began = this.clock.now()
          let prefilled = began
          const generation = await generate(model, context, request, {
            prefilled: () => (prefilled = this.clock.now()),
            text: (sequence, text) => {
              isShown = true
              partial({ sequence, text })
            },
          }, signal)
          return { ...generation, prefillMs: prefilled - began, decodeMs: this.clock.now() - prefilled }
        }),
        () => isShown,
      )
    },

    score: ({ model: spec, text, alternatives }, { signal }) =>
      this.models.use(spec, ({ model }) =>
        this.sessionsOf(model).use('score', (context) => scoreText(model, context, text, alternatives, undefined, signal)),
      ),

    tokenize: async ({ model: spec, text }) => {
      const tokenizer = await readTokenizer(spec.folder)
      const ids = tokenizer.encode(text)
      return { ids: Array.from(ids), pieces: pieceTexts(tokenizer, ids, text) }
    },
  }

  private sessionsOf(model: LanguageModel): Sessions {
    const known = this.sessions.get(model) ?? new Sessions(model, this.limits.sessions)
    this.sessions.set(model, known)
    return known
  }

  private writerOf(model: LanguageModel): ContinuationWriter {
    const known = this.writers.get(model) ?? new ContinuationWriter(model, this.clock)
    this.writers.set(model, known)
    return known
  }

  private forget(model: LanguageModel): void {
    this.sessions.get(model)?.dispose()
    this.sessions.delete(model)
  }
}
