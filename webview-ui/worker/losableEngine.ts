import type { EngineState, GanEngine, SampleRequest, StepInput, StepResult } from '../../src/gan/ganEngine'
import type { TrainingSettings } from '../../src/gan/settings'

/** Whether the browser has taken a graphics processor away. */
export interface Loss {
  /** Known at once; that it `happened` is told a little later. */
  isLost(): boolean
  /** Resolves when it is taken away, and stays pending while it is there. */
  readonly happened: Promise<unknown>
}

/**
 * An engine on a graphics processor that the browser may take away at any time. Calls then succeed all the same and give
 * nonsense, or wait for ever for the processor to be done: each one ends when it is taken away, and asks afterwards
 * whether it still had it.
 */
export class LosableEngine implements GanEngine {
  readonly backend
  /** Calls under way; a `then` each on `happened` would stay until the end of the run. */
  private readonly waiting = new Set<(error: Error) => void>()

  constructor(
    private readonly inner: GanEngine,
    private readonly loss: Loss,
  ) {
    this.backend = inner.backend
    void loss.happened.then(() => this.waiting.forEach((reject) => reject(gone())))
  }

  step(input: StepInput, settings: TrainingSettings): Promise<StepResult> {
    return this.checked(() => this.inner.step(input, settings))
  }

  sample(request: SampleRequest): Promise<Float32Array> {
    return this.checked(() => this.inner.sample(request))
  }

  read(): Promise<EngineState> {
    return this.checked(() => this.inner.read())
  }

  write(state: EngineState): Promise<void> {
    return this.checked(() => this.inner.write(state))
  }

  dispose(): void {
    this.inner.dispose()
  }

  private async checked<T>(call: () => Promise<T>): Promise<T> {
    if (this.loss.isLost()) throw gone()
    try {
      const value = await this.endable(call())
      if (!this.loss.isLost()) return value
    } catch (error) {
      // What failed because of the loss should say so too.
      if (!this.loss.isLost()) throw error
    }
    throw gone()
  }

  /** As `result`, but ends when the processor is taken away. */
  private endable<T>(result: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.waiting.add(reject)
      result.then(resolve, reject).finally(() => this.waiting.delete(reject))
    })
  }
}

function gone(): Error {
  return new Error('the browser took the graphics processor away')
}
