import { describeGan } from './network'
import type { Dataset } from './dataset'
import type { Backend, EngineFactory } from './ganEngine'
import { Random } from './random'
import type { TrainingSettings } from './settings'
import { drawStepInput } from './stepInputs'
import { initialState } from './trainer'

/** @returns milliseconds of a step of a new run: the median of `steps`, after one to warm up where there is something to warm up */
export async function measureStep(backend: Backend, makeEngine: EngineFactory, settings: TrainingSettings, data: Dataset, steps: number, now: () => number): Promise<number> {
  const engine = await makeEngine(describeGan(settings), initialState(settings))
  try {
    const random = Random.from(settings.seed, 'training')
    const times: number[] = []
    // Plain JavaScript compiles no shader and builds no graph, and its steps are the longest.
    const warmUp = backend === 'cpu' ? 0 : 1
    for (let step = 1; step <= steps + warmUp; step++) {
      const input = drawStepInput(step, settings, data, random)
      const began = now()
      await engine.step(input, settings)
      if (step > warmUp) times.push(now() - began)
    }
    return times.sort((a, b) => a - b)[times.length >> 1] ?? 0
  } finally {
    engine.dispose()
  }
}
