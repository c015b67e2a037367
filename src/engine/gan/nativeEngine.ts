import { availableParallelism } from 'node:os'
import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { InklingError, toInklingError } from '../../base/errors'
import { correctedRate } from '../../gan/adam'
import { averageKeep, penaltyDue, type EngineFactory, type EngineState, type GanEngine, type SampleRequest, type StepInput, type StepResult } from '../../gan/ganEngine'
import { judge } from '../../gan/losses'
import { imageSize, labelStrength, type GanDescription } from '../../gan/network'
import { joinLabels } from '../../gan/oneHot'
import type { TrainingSettings } from '../../gan/settings'
import { onnxRuntime, type OnnxRuntime } from '../onnx/runtime'
import { gradient, hiddenName, parameterNames, type NetworkName } from './graphNames'
import { LearntMemory } from './learntMemory'
import { drawingGraph, flatteningGraph, learningToDrawGraph, tellingGraph } from './stepGraphs'

type Tensors = Readonly<Record<string, Tensor>>

/**
 * Engines on ONNX Runtime.
 * @param kernels our wasm kernels, for what is no matrix product  @param threads undefined leaves the choice to us
 */
export function nativeEngineFactory(kernels: () => Promise<Uint8Array>, threads = availableParallelism()): EngineFactory {
  return async (description, state) => {
    try {
      return new NativeEngine(await onnxRuntime(), description, await LearntMemory.create(await kernels(), state), threads)
    } catch (error) {
      throw InklingError.of('gan-backend-unavailable', { backend: 'native', reason: toInklingError(error).message }, error)
    }
  }
}

/** Matrix products as ONNX graphs, Adam and the average as wasm kernels between them, all in one memory. */
class NativeEngine implements GanEngine {
  readonly backend = 'native'
  private readonly sessions = new Map<string, Promise<InferenceSession>>()
  private readonly weights: Record<NetworkName, Tensors>
  private readonly gradients: Record<NetworkName, Tensors>

  constructor(
    private readonly ort: OnnxRuntime,
    private readonly description: GanDescription,
    private readonly learnt: LearntMemory,
    private readonly threads: number,
  ) {
    const { generator, discriminator } = learnt
    this.weights = { generator: this.bind('generator', generator.value), discriminator: this.bind('discriminator', discriminator.value) }
    this.gradients = { generator: this.bind('generator', generator.gradient, gradient), discriminator: this.bind('discriminator', discriminator.gradient, gradient) }
  }

  async step(input: StepInput, settings: TrainingSettings): Promise<StepResult> {
    const { batchSize: batch, discriminatorSteps: rounds, labelSmoothing } = settings
    const target = 1 - labelSmoothing
    const drawn = await this.drawAll(input, (rounds + 1) * batch)
    const cut = (rows: Float32Array, round: number): Float32Array => rows.subarray(round * (rows.length / (rounds + 1)), (round + 1) * (rows.length / (rounds + 1)))
    const real = (round: number): Float32Array => this.labelled(input.real.subarray(round * batch * imageSize, (round + 1) * batch * imageSize), input.realLabels?.subarray(round * batch, (round + 1) * batch), imageSize, labelStrength.discriminator)
    const fake = (round: number): Float32Array => this.labelled(cut(drawn.pictures, round), input.fakeLabels?.subarray(round * batch, (round + 1) * batch), imageSize, labelStrength.discriminator)
    let [realLogits, fakeLogits]: [Float32Array, Float32Array] = [new Float32Array(batch), new Float32Array(batch)]
    for (let round = 0; round < rounds; round++) {
      realLogits = await this.learnToTell(real(round), target, settings)
      fakeLogits = await this.learnToTell(fake(round), 0, settings)
    }
    if (penaltyDue(settings, input.step)) await this.learnToBeFlat(real(rounds - 1), settings)
    const generatorLogits = await this.learnToDraw(fake(rounds), cut(drawn.pictures, rounds), drawn.hidden.map((rows) => cut(rows, rounds)), settings)
    this.learnt.followWithAverage(averageKeep(settings.emaDecay, input.step))
    return judge(realLogits, fakeLogits, generatorLogits, target)
  }

  async sample({ latents, labels, weights }: SampleRequest): Promise<Float32Array> {
    const count = latents.length / this.description.latentSize
    const pictures = new Float32Array(count * imageSize)
    if (count === 0) return pictures
    const session = await this.session('draw', () => drawingGraph(this.description, false))
    const from = weights === 'average' ? this.bind('generator', this.learnt.average) : this.weights.generator
    await session.run({ input: this.rows(this.labelled(latents, labels, this.description.latentSize, labelStrength.generator), count), ...from }, { pictures: this.rows(pictures, count) })
    return pictures
  }

  read(): Promise<EngineState> {
    return Promise.resolve(this.learnt.read())
  }

  write(state: EngineState): Promise<void> {
    this.learnt.write(state)
    return Promise.resolve()
  }

  dispose(): void {
    // Nobody can mend a failure to let go.
    for (const session of this.sessions.values()) session.then((one) => one.release()).catch(() => undefined)
    this.sessions.clear()
  }

  /** Every fake of the step at once. @returns pictures [count, 784], and what each layer of G reads: [count, inputs] */
  private async drawAll({ latents, fakeLabels }: StepInput, count: number): Promise<{ readonly pictures: Float32Array; readonly hidden: readonly Float32Array[] }> {
    const { description } = this
    const session = await this.session('draw all', () => drawingGraph(description, true))
    const pictures = new Float32Array(count * imageSize)
    const input = this.labelled(latents, fakeLabels, description.latentSize, labelStrength.generator)
    const hidden = description.generator.map(({ inputs }, i) => (i === 0 ? input : new Float32Array(count * inputs)))
    const kept = Object.fromEntries(hidden.slice(1).map((rows, i) => [hiddenName(i + 1), this.rows(rows, count)]))
    await session.run({ input: this.rows(input, count), ...this.weights.generator }, { pictures: this.rows(pictures, count), ...kept })
    return { pictures, hidden }
  }

  /** @param x [batch, 784 + classes] @returns logits before the update */
  private async learnToTell(x: Float32Array, target: number, settings: TrainingSettings): Promise<Float32Array> {
    const { batchSize: batch } = settings
    const session = await this.session(`tell ${batch}`, () => tellingGraph(this.description, batch))
    const logits = new Float32Array(batch)
    await session.run({ x: this.rows(x, batch), target: this.number(target), ...this.weights.discriminator }, { logits: this.rows(logits, batch), ...this.gradients.discriminator })
    this.update('discriminator', settings.discriminatorLearningRate, settings)
    return logits
  }

  private async learnToBeFlat(x: Float32Array, settings: TrainingSettings): Promise<void> {
    const { batchSize: batch, r1Gamma } = settings
    const session = await this.session(`flatten ${batch}`, () => flatteningGraph(this.description, batch))
    // The penalty has no gradient for biases, and its graph leaves theirs alone.
    this.learnt.discriminator.gradient.fill(0)
    const kernels = Object.fromEntries(Object.entries(this.gradients.discriminator).filter(([name]) => name.endsWith('.kernel')))
    await session.run({ x: this.rows(x, batch), strength: this.number(r1Gamma / batch), ...this.weights.discriminator }, kernels)
    this.update('discriminator', settings.discriminatorLearningRate, settings)
  }

  private async learnToDraw(x: Float32Array, pictures: Float32Array, hidden: readonly Float32Array[], settings: TrainingSettings): Promise<Float32Array> {
    const { batchSize: batch } = settings
    const session = await this.session(`learn to draw ${batch}`, () => learningToDrawGraph(this.description, batch))
    const logits = new Float32Array(batch)
    const read = Object.fromEntries(hidden.map((rows, i) => [hiddenName(i), this.rows(rows, batch)]))
    await session.run({ x: this.rows(x, batch), pictures: this.rows(pictures, batch), ...read, ...this.weights.discriminator, ...this.weights.generator }, { logits: this.rows(logits, batch), ...this.gradients.generator })
    this.update('generator', settings.generatorLearningRate, settings)
    return logits
  }

  private update(network: NetworkName, learningRate: number, settings: TrainingSettings): void {
    const rate = correctedRate(learningRate, ++this.learnt[network].updates, settings)
    this.learnt.adam(network, { ...settings, rate })
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
      // Each session has threads of its own, and they wait actively: those of the last part must not take the processor from the next.
      extra: { session: { force_spinning_stop: '1' } },
    })
    this.sessions.set(key, created)
    created.catch(() => this.sessions.delete(key))
    return created
  }

  private labelled(values: Float32Array, labels: Uint8Array | undefined, width: number, strength: number): Float32Array {
    return labels ? joinLabels(values, labels, width, strength) : values
  }

  /** Views into a flat array, under their names. */
  private bind(network: NetworkName, flat: Float32Array, named: (weight: string) => string = (weight) => weight): Tensors {
    let at = 0
    return Object.fromEntries(parameterNames(network, this.description[network]).map(({ name, shape, size }) => {
      const view = flat.subarray(at, at + size)
      at += size
      return [named(name), new this.ort.Tensor('float32', view, shape)]
    }))
  }

  private rows(values: Float32Array, count: number): Tensor {
    return new this.ort.Tensor('float32', values, [count, values.length / count])
  }

  private number(value: number): Tensor {
    return new this.ort.Tensor('float32', Float32Array.of(value), [])
  }
}
