import type { EngineState, GanEngine, SampleRequest, StepInput, StepResult } from '../../src/gan/ganEngine'
import type { TrainingSettings } from '../../src/gan/settings'

/**
 * An engine on a graphics processor that the browser may take away at any time. Calls then succeed all the same and give
 * nonsense, so each one asks afterwards whether it still had the processor.
 */
export class LosableEngine implements GanEngine {
  readonly backend

  constructor(
    private readonly inner: GanEngine,
    private readonly isLost: () => boolean,
  ) {
    this.backend = inner.backend
  }

  step(input: StepInput, settings: TrainingSettings): Promise<StepResult> {
    return this.checked(this.inner.step(input, settings))
  }

  sample(request: SampleRequest): Promise<Float32Array> {
    return this.checked(this.inner.sample(request))
  }

  read(): Promise<EngineState> {
    return this.checked(this.inner.read())
  }

  write(state: EngineState): Promise<void> {
    return this.checked(this.inner.write(state))
  }

  dispose(): void {
    this.inner.dispose()
  }

  private async checked<T>(result: Promise<T>): Promise<T> {
    // What failed because of the loss should say so too.
    const settled = await result.then((value) => ({ value }), (error: unknown) => ({ error }))
    if (this.isLost()) throw new Error('the browser took the graphics processor away')
    if ('error' in settled) throw settled.error
    return settled.value
  }
}
