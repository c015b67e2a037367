import type { Continuer } from '../completion/question'
import type { CallOptions, Engine } from '../engine/client'
import type { EngineMethod, GenerateResult, ModelSpec, Params, Result } from '../engine/protocol'
import type { Continuation, ContinuationRequest } from '../language/continuation'
import type { ModelChoice } from './library/modelChoice'
import type { Speeds } from './library/speeds'
import type { Settings } from './settings'

/** Whose model a call uses. */
interface Subject {
  /** Language of the document that the call is for; undefined for the default model. */
  readonly languageId?: string | undefined
}

/** Calls the engine with the model that the settings name. */
export class WritingEngine implements Continuer {
  constructor(
    private readonly engine: Engine,
    private readonly settings: Settings,
    private readonly models: ModelChoice,
    private readonly speeds: Speeds,
    private readonly cacheFolder: string,
  ) {}

  /**
   * Calls the engine with the model for the subject's language.
   * @throws InklingError `model-not-installed`, `model-folder-missing`, `model-id-invalid`, and what the engine throws; CancelledError
   */
  async call<M extends EngineMethod>(method: M, params: Omit<Params<M>, 'model'>, options: CallOptions<M> & Subject = {}): Promise<Result<M>> {
    return this.engine.call(method, { ...params, model: this.spec(options.languageId) }, options)
  }

  /** Free text; how fast it came is remembered as this model's speed here. */
  async generate(params: Omit<Params<'generate'>, 'model'>, options: CallOptions<'generate'> & Subject = {}): Promise<GenerateResult> {
    const result = await this.call('generate', params, options)
    const tokens = result.sequences.reduce((sum, sequence) => sum + sequence.tokens.length, 0)
    await this.speeds.record(this.models.folderFor(options.languageId), tokens, result.decodeMs)
    return result
  }

  /** The context length of the model that was loaded last. */
  get contextLength(): number | undefined {
    const { state } = this.engine
    return state.kind === 'running' && state.load?.kind === 'loaded' ? state.load.loaded.contextLength : undefined
  }

  continue(request: ContinuationRequest, session: string, signal: AbortSignal, onPartial: (text: string) => void): Promise<readonly Continuation[]> {
    return this.call('continue', { session, request }, { signal, languageId: this.models.languageOf(session), onPartial: ({ candidate, text }) => candidate === 0 && onPartial(text) })
  }

  private spec(languageId: string | undefined): ModelSpec {
    return {
      ...this.models.choose(languageId),
      precision: this.settings.get('precision'),
      device: this.settings.get('device'),
      threads: this.settings.get('threads'),
      cacheFolder: this.cacheFolder,
      keepInMemoryMs: this.settings.get('keepInMemoryMinutes') * 60_000,
    }
  }
}
