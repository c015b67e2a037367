import { correctedRate } from '../gan/adam'
import { averageKeep, penaltyDue, type Backend, type EngineState, type GanEngine, type NetworkState, type SampleRequest, type StepInput, type StepResult } from '../gan/ganEngine'
import { judge } from '../gan/losses'
import { digitCount, imageSize, labelStrength, layout, type GanDescription, type Network } from '../gan/network'
import { oneHot } from '../gan/oneHot'
import type { TrainingSettings } from '../gan/settings'
import type { AdamRates, Operations, Parameter, Tensor, TensorFlow } from './operations'

interface Layer {
  readonly kernel: Parameter
  readonly bias: Parameter
}

interface LearntNetwork {
  readonly network: Network
  readonly layers: readonly Layer[]
  updates: number
}

/** Gradients of a layer: [inputs, outputs] and [outputs]. */
interface LayerGradient {
  readonly kernel: Tensor
  readonly bias: Tensor
}

/**
 * The training step written out by hand in tensor operations. Next to automatic differentiation this saves the second
 * forward pass of G (one of all rows does, since G does not change before its own update), D's gradient towards the
 * pixels when only D learns, and the gradients of D's weights when only G learns.
 */
export class TfjsEngine implements GanEngine {
  private readonly generator: LearntNetwork
  private readonly discriminator: LearntNetwork
  private average: { kernel: Tensor; bias: Tensor }[]

  constructor(
    readonly backend: Backend,
    private readonly tf: TensorFlow,
    /** The name TensorFlow.js gives to `backend`. */
    private readonly tfBackend: string,
    private readonly ops: Operations,
    private readonly description: GanDescription,
    state: EngineState,
  ) {
    this.generator = this.load(description.generator, state.generator)
    this.discriminator = this.load(description.discriminator, state.discriminator)
    this.average = this.loadAverage(state.average)
  }

  async step(input: StepInput, settings: TrainingSettings): Promise<StepResult> {
    await this.use()
    const { tf } = this
    const batch = settings.batchSize
    const rounds = settings.discriminatorSteps
    const logits = tf.tidy(() => {
      const { real, fake, fakeHidden, pictures } = this.prepare(input, batch, rounds)
      let realLogits = real[0] as Tensor
      let fakeLogits = realLogits
      for (let round = 0; round < rounds; round++) {
        realLogits = this.learnToTell(real[round] as Tensor, 1 - settings.labelSmoothing, settings)
        fakeLogits = this.learnToTell(fake[round] as Tensor, 0, settings)
      }
      if (penaltyDue(settings, input.step)) this.learnToBeFlat(real[rounds - 1] as Tensor, settings)
      const generatorLogits = this.learnToDraw(fake[rounds] as Tensor, pictures, fakeHidden, settings)
      this.followWithAverage(averageKeep(settings.emaDecay, input.step))
      return tf.concat([realLogits, fakeLogits, generatorLogits])
    })
    const values = (await logits.data()) as Float32Array
    logits.dispose()
    return judge(values.subarray(0, batch), values.subarray(batch, 2 * batch), values.subarray(2 * batch), 1 - settings.labelSmoothing)
  }

  async sample({ latents, labels, weights }: SampleRequest): Promise<Float32Array> {
    await this.use()
    const { tf, description } = this
    const count = latents.length / description.latentSize
    if (count === 0) return new Float32Array(0)
    const layers = weights === 'average' ? this.average : this.generator.layers.map(({ kernel, bias }) => ({ kernel: kernel.value, bias: bias.value }))
    const pictures = tf.tidy(() => {
      let x: Tensor = this.latents(latents, labels)
      layers.forEach(({ kernel, bias }, i) => {
        x = this.ops.dense(x, kernel, bias, i < layers.length - 1)
      })
      return this.ops.tanh(x)
    })
    const values = (await pictures.data()) as Float32Array
    pictures.dispose()
    // A view into the backend's heap would change under the caller.
    return values.slice()
  }

  async read(): Promise<EngineState> {
    await this.use()
    const average = await Promise.all(this.average.map(async ({ kernel, bias }) => ({ kernel: await kernel.data(), bias: await bias.data() })))
    return {
      generator: await this.save(this.generator),
      discriminator: await this.save(this.discriminator),
      average: flatten(this.description.generator, average as { kernel: Float32Array; bias: Float32Array }[]),
    }
  }

  async write(state: EngineState): Promise<void> {
    await this.use()
    const { tf } = this
    for (const [learnt, from] of [[this.generator, state.generator], [this.discriminator, state.discriminator]] as const) {
      const fresh = this.load(learnt.network, from)
      learnt.layers.forEach((layer, i) => {
        for (const part of ['kernel', 'bias'] as const) {
          tf.dispose([layer[part].value, layer[part].first, layer[part].second])
          Object.assign(layer[part], fresh.layers[i]?.[part])
        }
      })
      learnt.updates = from.updates
    }
    tf.dispose(this.average)
    this.average = this.loadAverage(state.average)
  }

  dispose(): void {
    for (const { layers } of [this.generator, this.discriminator]) {
      for (const { kernel, bias } of layers) this.tf.dispose([kernel, bias].flatMap(({ value, first, second }) => [value, first, second]))
    }
    this.tf.dispose(this.average)
  }

  /** Several engines may live in one process; TensorFlow.js computes on the backend that is current. */
  private async use(): Promise<void> {
    if (this.tf.getBackend() !== this.tfBackend) await this.tf.setBackend(this.tfBackend)
  }

  /** Draws every fake of the step at once, and cuts everything into batches. */
  private prepare(input: StepInput, batch: number, rounds: number): { real: Tensor[]; fake: Tensor[]; fakeHidden: Tensor[]; pictures: Tensor } {
    const cut = (x: Tensor, round: number): Tensor => this.ops.part(x, round * batch, batch, x.shape[1] ?? 0)
    const real = Array.from({ length: rounds }, (_, round) =>
      this.rows(input.real.subarray(round * batch * imageSize, (round + 1) * batch * imageSize), input.realLabels?.subarray(round * batch, (round + 1) * batch), imageSize, labelStrength.discriminator),
    )
    const hidden = this.forward(this.generator, this.latents(input.latents, input.fakeLabels))
    const drawn = this.ops.tanh(hidden.at(-1) as Tensor)
    const fake = Array.from({ length: rounds + 1 }, (_, round) => {
      const pictures = cut(drawn, round)
      return input.fakeLabels ? this.labelled(pictures, input.fakeLabels.subarray(round * batch, (round + 1) * batch), labelStrength.discriminator) : pictures
    })
    return { real, fake, fakeHidden: hidden.slice(0, -1).map((x) => cut(x, rounds)), pictures: cut(drawn, rounds) }
  }

  /** D on a batch: descends the cross-entropy towards `target`. @returns logits [batch, 1] before the update */
  private learnToTell(x: Tensor, target: number, settings: TrainingSettings): Tensor {
    const hidden = this.forward(this.discriminator, x)
    const logits = hidden.at(-1) as Tensor
    const gradients = this.backward(this.discriminator, hidden, this.logitGradient(logits, target))
    this.update(this.discriminator, gradients, settings.discriminatorLearningRate, settings)
    return logits
  }

  /** G through the frozen D, towards D's "real". @returns D's logits [batch, 1] */
  private learnToDraw(x: Tensor, pictures: Tensor, generatorHidden: readonly Tensor[], settings: TrainingSettings): Tensor {
    const hidden = this.forward(this.discriminator, x)
    const logits = hidden.at(-1) as Tensor
    const towardsInput = this.backToInput(hidden, this.logitGradient(logits, 1)).at(0) as Tensor
    const towardsPixels = this.description.classes > 0 ? this.ops.part(towardsInput, 0, x.shape[0] ?? 0, imageSize) : towardsInput
    const gradients = this.backward(this.generator, generatorHidden, this.ops.tanhGradient(towardsPixels, pictures))
    this.update(this.generator, gradients, settings.generatorLearningRate, settings)
    return logits
  }

  /**
   * D on the gradient penalty γ/2 · mean ‖∇ₓD(x)‖². The leaky rectifier has no curvature, so the penalty's own
   * gradient is a second way forward: with δₗ the signals of the way back from D's output and s₀ = ∇ₓD(x),
   * sₗ = (sₗ₋₁ Wₗ) ⊙ slopeₗ, the gradient of Wₗ is sₗ₋₁ᵀ δₗ, times γ / batch. Biases get none.
   */
  private learnToBeFlat(x: Tensor, settings: TrainingSettings): void {
    const { tf, ops } = this
    const batch = settings.batchSize
    const hidden = this.forward(this.discriminator, x)
    const signals = this.backToInput(hidden, tf.ones([batch, 1]))
    let s = tf.mul(signals[0] as Tensor, settings.r1Gamma / batch)
    // The label is no pixel: nobody asks D to be flat towards it.
    if (this.description.classes > 0) s = ops.beside(ops.part(s, 0, batch, imageSize), tf.zeros([batch, this.description.classes]))
    const gradients = this.discriminator.layers.map(({ kernel, bias }, i): LayerGradient => {
      const gradient = ops.productOfTransposed(s, signals[i + 1] as Tensor)
      if (i < this.discriminator.layers.length - 1) s = ops.productAndSlope(s, kernel.value, hidden[i + 1] as Tensor)
      return { kernel: gradient, bias: tf.zerosLike(bias.value) }
    })
    this.update(this.discriminator, gradients, settings.discriminatorLearningRate, settings)
  }

  /** @returns what each layer reads, then the last layer's sums: [batch, width] each */
  private forward({ layers }: LearntNetwork, input: Tensor): Tensor[] {
    const hidden = [input]
    layers.forEach(({ kernel, bias }, i) => {
      hidden.push(this.ops.dense(hidden[i] as Tensor, kernel.value, bias.value, i < layers.length - 1))
    })
    return hidden
  }

  /** @param d [batch, outputs of the last layer], the loss's gradient towards its sums */
  private backward({ layers }: LearntNetwork, hidden: readonly Tensor[], d: Tensor): LayerGradient[] {
    const gradients: LayerGradient[] = []
    for (let i = layers.length - 1; i >= 0; i--) {
      const input = hidden[i] as Tensor
      gradients.unshift({ kernel: this.ops.productOfTransposed(input, d), bias: this.ops.columnSums(d) })
      if (i > 0) d = this.ops.productWithTransposed(d, (layers[i] as Layer).kernel.value, input)
    }
    return gradients
  }

  /** The way back through D. @returns the signals at its input and at each layer's sums */
  private backToInput(hidden: readonly Tensor[], d: Tensor): Tensor[] {
    const { layers } = this.discriminator
    const signals = [d]
    for (let i = layers.length - 1; i >= 0; i--) {
      d = this.ops.productWithTransposed(d, (layers[i] as Layer).kernel.value, i > 0 ? hidden[i] : undefined)
      signals.unshift(d)
    }
    return signals
  }

  /** Binary cross-entropy towards `target`, averaged: its gradient towards the logits, [batch, 1]. */
  private logitGradient(logits: Tensor, target: number): Tensor {
    const { tf } = this
    return tf.mul(tf.sub(tf.sigmoid(logits), target), 1 / (logits.shape[0] ?? 1))
  }

  private update(learnt: LearntNetwork, gradients: readonly LayerGradient[], learningRate: number, settings: TrainingSettings): void {
    const { beta1, beta2, epsilon } = settings
    const rates: AdamRates = { rate: correctedRate(learningRate, ++learnt.updates, settings), beta1, beta2, epsilon }
    learnt.layers.forEach(({ kernel, bias }, i) => {
      const gradient = gradients[i] as LayerGradient
      this.ops.adam(kernel, gradient.kernel, rates)
      this.ops.adam(bias, gradient.bias, rates)
    })
  }

  private followWithAverage(keep: number): void {
    this.average = this.average.map(({ kernel, bias }, i) => {
      const layer = this.generator.layers[i] as Layer
      return { kernel: this.ops.blend(kernel, layer.kernel.value, keep), bias: this.ops.blend(bias, layer.bias.value, keep) }
    })
  }

  /** What G reads: [count, latentSize + classes]. */
  private latents(latents: Float32Array, labels: Uint8Array | undefined): Tensor {
    return this.rows(latents, labels, this.description.latentSize, labelStrength.generator)
  }

  /** [count, width + classes]: rows with their label joined. */
  private rows(values: Float32Array, labels: Uint8Array | undefined, width: number, strength: number): Tensor {
    const rows = this.tf.tensor2d(values, [values.length / width, width])
    return labels ? this.labelled(rows, labels, strength) : rows
  }

  private labelled(rows: Tensor, labels: Uint8Array, strength: number): Tensor {
    return this.ops.beside(rows, this.tf.tensor2d(oneHot(labels, strength), [labels.length, digitCount]))
  }

  private load(network: Network, state: NetworkState): LearntNetwork {
    const cut = (from: number, to: number, shape: number[]): Parameter => ({
      value: this.tf.tensor(state.weights.slice(from, to), shape),
      first: this.tf.tensor(state.firstMoment.slice(from, to), shape),
      second: this.tf.tensor(state.secondMoment.slice(from, to), shape),
    })
    const layers = layout(network).slots.map(({ layer, kernel, bias }): Layer => ({
      kernel: cut(kernel, bias, [layer.inputs, layer.outputs]),
      bias: cut(bias, bias + layer.outputs, [layer.outputs]),
    }))
    return { network, layers, updates: state.updates }
  }

  private loadAverage(average: Float32Array): { kernel: Tensor; bias: Tensor }[] {
    return layout(this.description.generator).slots.map(({ layer, kernel, bias }) => ({
      kernel: this.tf.tensor(average.slice(kernel, bias), [layer.inputs, layer.outputs]),
      bias: this.tf.tensor(average.slice(bias, bias + layer.outputs), [layer.outputs]),
    }))
  }

  private async save({ network, layers, updates }: LearntNetwork): Promise<NetworkState> {
    const read = async (which: keyof Parameter): Promise<Float32Array> => {
      const parts = await Promise.all(layers.map(async ({ kernel, bias }) => ({ kernel: await kernel[which].data(), bias: await bias[which].data() })))
      return flatten(network, parts as { kernel: Float32Array; bias: Float32Array }[])
    }
    return { weights: await read('value'), firstMoment: await read('first'), secondMoment: await read('second'), updates }
  }
}

function flatten(network: Network, parts: readonly { readonly kernel: Float32Array; readonly bias: Float32Array }[]): Float32Array {
  const { slots, size } = layout(network)
  const flat = new Float32Array(size)
  slots.forEach(({ kernel, bias }, i) => {
    const part = parts[i]
    if (!part) return
    flat.set(part.kernel, kernel)
    flat.set(part.bias, bias)
  })
  return flat
}
