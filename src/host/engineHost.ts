import * as os from 'node:os'
import * as path from 'node:path'
import type { Continuer } from '../completion/question'
import type { CallOptions, Engine } from '../engine/client'
import { embeddedModelName, type EngineMethod, type ModelSpec, type Params, type Result } from '../engine/protocol'
import type { Continuation, ContinuationRequest } from '../language/continuation'
import type { Settings } from './settings'

/** Calls the engine with the model that the settings name. */
export class WritingEngine implements Continuer {
  constructor(
    private readonly engine: Engine,
    private readonly settings: Settings,
    private readonly folders: { readonly embeddedModel: string; readonly cache: string },
  ) {}

  /** The model that calls use now. */
  get spec(): ModelSpec {
    return {
      ...this.modelFolder(),
      precision: this.settings.get('precision'),
      device: this.settings.get('device'),
      threads: this.settings.get('threads'),
      cacheFolder: this.folders.cache,
    }
  }

  call<M extends EngineMethod>(method: M, params: Omit<Params<M>, 'model'>, options?: CallOptions<M>): Promise<Result<M>> {
    return this.engine.call(method, { ...params, model: this.spec }, options)
  }

  /** The context length of the model that was loaded last. */
  get contextLength(): number | undefined {
    const { state } = this.engine
    return state.kind === 'running' && state.load?.kind === 'loaded' ? state.load.loaded.contextLength : undefined
  }

  continue(request: ContinuationRequest, session: string, signal: AbortSignal, onPartial: (text: string) => void): Promise<readonly Continuation[]> {
    return this.call('continue', { session, request }, { signal, onPartial: ({ candidate, text }) => candidate === 0 && onPartial(text) })
  }

  private modelFolder(): Pick<ModelSpec, 'folder' | 'name'> {
    const chosen = this.settings.get('model').trim()
    if (chosen === '') return { folder: this.folders.embeddedModel, name: embeddedModelName }
    return { folder: chosen === '~' || chosen.startsWith('~/') ? path.join(os.homedir(), chosen.slice(1)) : chosen }
  }
}
