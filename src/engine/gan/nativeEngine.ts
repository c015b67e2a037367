import { availableParallelism } from 'node:os'
import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { InklingError, toInklingError } from '../../base/errors'
import { correctedRate } from '../../gan/adam'
import { averageKeep, penaltyDue, type EngineFactory, type EngineState, type GanEngine, type NetworkState, type SampleRequest, type StepInput, type StepResult } from '../../gan/ganEngine'
import { judge } from '../../gan/losses'
import { imageSize, type GanDescription } from '../../gan/network'
import { joinLabels } from '../../gan/oneHot'
import type { TrainingSettings } from '../../gan/settings'
import { onnxRuntime, type OnnxRuntime } from '../onnx/runtime'
import { networkNames, next, parameterNames, part, type NetworkName, type Part } from './graphNames'
import { buildDrawingGraph, buildTrainingGraph, type StepShape } from './trainingGraph'

/** Engines on ONNX Runtime. @param threads undefined leaves the choice to us */
export function nativeEngineFactory(threads?: number): EngineFactory {
  return async (description, state) => {
    try {
      return new NativeEngine(await onnxRuntime(), description, state, threads ?? availableParallelism())
    } catch (error) {
      throw InklingError.of('gan-backend-unavailable', { backend: 'native', reason: toInklingError(error).message }, error)
    }
  }
}

/** Everything learnt, as one flat array for each network and part: see `layout`. */
type Arrays = Record<NetworkName, Record<'value' | 'first' | 'second', Float32Array>> & { average: Float32Array }

/**
 * Runs a step as one graph. What is learnt exists twice: a run reads the one and writes the other, in place, so nothing
 * is copied; then they change roles.
 */
class NativeEngine implements GanEngine {
  readonly backend = 'native'
  private current: Arrays
  private other: Arrays
  private readonly updates: Record<NetworkName, number>
  private readonly sessions = new Map<string, Promise<InferenceSession>>()

  constructor(private readonly ort: OnnxRuntime, private readonly description: GanDescription, state: EngineState, private readonly threads: number) {
    this.current = copyOf(state)
    this.other = emptyLike(this.current)
    this.updates = { generator: state.generator.updates, discriminator: state.discriminator.updates }
  }

  async step(input: StepInput, settings: TrainingSettings): Promise<StepResult> {
    const { batchSize: batch, discriminatorSteps: rounds } = settings
    const shape: StepShape = { batch, rounds, penalty: penaltyDue(settings, input.step), average: settings.emaDecay > 0 }
    const session = await this.session(`step ${batch} ${rounds} ${shape.penalty} ${shape.average}`, () => buildTrainingGraph(this.description, shape))
    const feeds: Record<string, Tensor> = { ...this.bind(this.current, shape), ...this.rows(input), ...this.rates(shape, settings, input.step) }
    const logits = { real: new Float32Array(batch), fake: new Float32Array(batch), generator: new Float32Array(batch) }
    const fetches: Record<string, Tensor> = {}
    for (const [name, tensor] of Object.entries(this.bind(this.other, shape))) fetches[next(name)] = tensor
    for (const [name, values] of Object.entries(logits)) fetches[`logits.${name}`] = this.tensor(values, [batch, 1])
    await session.run(feeds, fetches)
    if (!shape.average) this.other.average.set(this.other.generator.value)
    ;[this.current, this.other] = [this.other, this.current]
    this.updates.generator++
    this.updates.discriminator += 2 * rounds + (shape.penalty ? 1 : 0)
    return judge(logits.real, logits.fake, logits.generator, 1 - settings.labelSmoothing)
  }

  async sample({ latents, labels, weights }: SampleRequest): Promise<Float32Array> {
    const { latentSize, classes } = this.description
    const count = latents.length / latentSize
    const pictures = new Float32Array(count * imageSize)
    if (count === 0) return pictures
    const session = await this.session('draw', () => buildDrawingGraph(this.description))
    const from = weights === 'average' ? this.current.average : this.current.generator.value
    const rows = labels ? joinLabels(latents, labels, latentSize) : latents
    await session.run(
      { input: this.tensor(rows, [count, latentSize + classes]), ...this.bindPart('generator', 'value', from) },
      { pictures: this.tensor(pictures, [count, imageSize]) },
    )
    return pictures
  }

  read(): Promise<EngineState> {
    const network = (name: NetworkName): NetworkState => {
      const { value, first, second } = this.current[name]
      return { weights: value.slice(), firstMoment: first.slice(), secondMoment: second.slice(), updates: this.updates[name] }
    }
    return Promise.resolve({ generator: network('generator'), discriminator: network('discriminator'), average: this.current.average.slice() })
  }

  write(state: EngineState): Promise<void> {
    this.current = copyOf(state)
    this.updates.generator = state.generator.updates
    this.updates.discriminator = state.discriminator.updates
    return Promise.resolve()
  }

  dispose(): void {
    // Nobody can mend a failure to let go.
    for (const session of this.sessions.values()) session.then((one) => one.release()).catch(() => undefined)
    this.sessions.clear()
  }

  private session(key: string, build: () => Uint8Array): Promise<InferenceSession> {
    const known = this.sessions.get(key)
    if (known) return known
    const created = this.ort.InferenceSession.create(build(), {
      executionProviders: ['cpu'],
      intraOpNumThreads: this.threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
    })
    this.sessions.set(key, created)
    created.catch(() => this.sessions.delete(key))
    return created
  }

  private rows({ real, realLabels, latents, fakeLabels }: StepInput): Record<string, Tensor> {
    const { latentSize, classes } = this.description
    const rows = (values: Float32Array, labels: Uint8Array | undefined, width: number): Tensor => {
      const joined = labels ? joinLabels(values, labels, width) : values
      return this.tensor(joined, [joined.length / (width + classes), width + classes])
    }
    return {
      real: rows(real, realLabels, imageSize),
      latents: rows(latents, fakeLabels, latentSize),
      ...(fakeLabels && { fakeLabels: rows(new Float32Array(0), fakeLabels, 0) }),
    }
  }

  private rates({ rounds, penalty, batch, average }: StepShape, settings: TrainingSettings, step: number): Record<string, Tensor> {
    const keep = averageKeep(settings.emaDecay, step)
    const scale = Math.sqrt(1 - settings.beta2)
    const numbers: Record<string, number> = {
      realTarget: 1 - settings.labelSmoothing,
      gradientScale: scale / batch, keep1: settings.beta1, take1: (1 - settings.beta1) / scale, keep2: settings.beta2, epsilon: settings.epsilon,
      ...(average && { averageKeep: keep, averageTake: 1 - keep }),
      'rate.generator': correctedRate(settings.generatorLearningRate, this.updates.generator + 1, settings),
      ...(penalty && { penaltyRate: (scale * settings.r1Every * settings.r1Gamma) / batch }),
    }
    for (let update = 0; update < 2 * rounds + (penalty ? 1 : 0); update++) {
      numbers[`rate.discriminator.${update}`] = correctedRate(settings.discriminatorLearningRate, this.updates.discriminator + update + 1, settings)
    }
    return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, this.tensor(Float32Array.of(value), [])]))
  }

  private bind(arrays: Arrays, { average }: StepShape): Record<string, Tensor> {
    const bound = average ? this.bindPart('generator', 'average', arrays.average) : {}
    for (const name of networkNames) {
      for (const which of ['value', 'first', 'second'] as const) Object.assign(bound, this.bindPart(name, which, arrays[name][which]))
    }
    return bound
  }

  /** Views into a flat array, under their names. */
  private bindPart(network: NetworkName, which: Part, flat: Float32Array): Record<string, Tensor> {
    const bound: Record<string, Tensor> = {}
    let at = 0
    for (const { name, shape, size } of parameterNames(network, this.description[network])) {
      bound[part(name, which)] = this.tensor(flat.subarray(at, at + size), shape)
      at += size
    }
    return bound
  }

  private tensor(values: Float32Array, shape: readonly number[]): Tensor {
    return new this.ort.Tensor('float32', values, shape)
  }
}

function copyOf({ generator, discriminator, average }: EngineState): Arrays {
  const network = ({ weights, firstMoment, secondMoment }: NetworkState): Arrays[NetworkName] => ({ value: weights.slice(), first: firstMoment.slice(), second: secondMoment.slice() })
  return { generator: network(generator), discriminator: network(discriminator), average: average.slice() }
}

function emptyLike({ generator, discriminator, average }: Arrays): Arrays {
  const network = ({ value }: Arrays[NetworkName]): Arrays[NetworkName] => ({ value: new Float32Array(value.length), first: new Float32Array(value.length), second: new Float32Array(value.length) })
  return { generator: network(generator), discriminator: network(discriminator), average: new Float32Array(average.length) }
}
