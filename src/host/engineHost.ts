import type { Continuer } from '../completion/question'
import type { CallOptions, Engine } from '../engine/client'
import type { AutoDevice } from '../engine/devices/autoDevice'
import type { Outcomes } from '../engine/devices/chooseDevice'
import type { EnginePlaces } from '../engine/places'
import type { AnyModelSpec, EngineMethod, GenerateResult, ModelSpec, Params, Result } from '../engine/protocol'
import type { Continuation, ContinuationRequest } from '../language/continuation'
import type { ModelChoice } from './library/modelChoice'
import type { Speeds } from './library/speeds'
import type { NodeProgram } from './nodeProgram'
import type { ServerChoice } from './server/serverChoice'
import type { Settings } from './settings'

/** Whose model a call uses. */
interface Subject {
  /** Language of the document that the call is for; undefined for the default model. */
  readonly languageId?: string | undefined
}

/** Calls the engine with the model that the settings name, on this machine or on a server. */
export class WritingEngine implements Continuer {
  constructor(
    private readonly engine: Engine<AnyModelSpec> & Pick<EnginePlaces, 'begin'>,
    private readonly settings: Settings,
    private readonly models: ModelChoice,
    private readonly server: Pick<ServerChoice, 'spec'>,
    private readonly speeds: Speeds,
    private readonly devices: AutoDevice,
    private readonly node: NodeProgram,
    private readonly cacheFolder: string,
  ) {}

  /** Finds out where the default model is to run, so that nobody has to wait for that later. */
  async lookUp(): Promise<void> {
    await this.deviceOutcomes(undefined)
  }

  /** Loads the model for a language ahead of its first use. @throws as `call` does */
  async warm(languageId: string): Promise<void> {
    // In this very moment: what others do when a document opens can hold this thread for a quarter of a second.
    if (this.server.spec === undefined && this.node.isReady) this.engine.begin()
    await this.call('load', {}, { languageId })
  }

  /**
   * Calls the engine with the model for the subject's language.
   * @throws InklingError `model-not-installed`, `model-folder-missing`, `model-id-invalid`, and what the engine throws; CancelledError
   */
  async call<M extends EngineMethod>(method: M, params: Omit<Params<M>, 'model'>, options: CallOptions<M> & Subject = {}): Promise<Result<M>> {
    const model = this.modelNow(options.languageId) ?? (await this.model(options.languageId))
    return this.engine.call(method, { ...params, model }, options)
  }

  /** What is known about the devices for the model of a language. @throws as `call` does for a model that is not there */
  async deviceOutcomes(languageId: string | undefined): Promise<Outcomes> {
    return this.devices.outcomes(this.spec(languageId))
  }

  /** Forgets what is known about them: they are measured anew when nobody writes. */
  async measureAgain(languageId: string | undefined): Promise<void> {
    await this.devices.forget(this.spec(languageId))
  }

  /** Free text; how fast a model of this machine wrote it is remembered. */
  async generate(params: Omit<Params<'generate'>, 'model'>, options: CallOptions<'generate'> & Subject = {}): Promise<GenerateResult> {
    const model = await this.model(options.languageId)
    const result = await this.engine.call('generate', { ...params, model }, options)
    const tokens = result.sequences.reduce((sum, sequence) => sum + sequence.tokens.length, 0)
    if ('folder' in model) await this.speeds.record(model.folder, tokens, result.decodeMs)
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

  /** Undefined where something has to be waited for first. */
  private modelNow(languageId: string | undefined): AnyModelSpec | undefined {
    return this.server.spec ?? (this.node.isReady ? this.devices.resolveNow(this.spec(languageId)) : undefined)
  }

  private async model(languageId: string | undefined): Promise<AnyModelSpec> {
    const served = this.server.spec
    if (served !== undefined) return served
    await this.node.ready()
    return this.devices.resolve(this.spec(languageId))
  }

  /** The model of this machine. */
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
