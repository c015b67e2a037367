/**
 * The two networks as data. Everything that trains, draws, saves or exports them reads this description; none of it
 * knows a layer size of its own.
 */
export const imageSide = 28
export const imageSize = imageSide * imageSide
export const digitCount = 10
/**
 * What stands in a label's place for its digit, 0 for the nine others: more than 1, because it is one number beside a
 * hundred latents of about 1, or beside 784 pixels, and a network would learn late to look at it.
 */
export const labelStrength = { generator: 2, discriminator: 5 } as const
/** Slope of the leaky rectifier below zero. */
export const leakySlope = 0.2

export type Activation = 'leaky-relu' | 'tanh' | 'sigmoid'

export interface DenseLayer {
  readonly inputs: number
  readonly outputs: number
  readonly activation: Activation
}

export type Network = readonly DenseLayer[]

export interface GanDescription {
  readonly latentSize: number
  /** 10 when the digit's label is joined to both networks' inputs (after the latent, after the pixels; see labelStrength), else 0. */
  readonly classes: number
  /** [latentSize + classes] → [784], tanh. */
  readonly generator: Network
  /** [784 + classes] → [1], sigmoid. The losses are computed from the logits before the sigmoid. */
  readonly discriminator: Network
}

/** The numbers that fix the shape of both networks. */
export interface Architecture {
  readonly latentSize: number
  readonly generatorWidths: readonly number[]
  readonly discriminatorWidths: readonly number[]
  readonly conditional: boolean
}

export function describeGan(architecture: Architecture): GanDescription {
  const classes = architecture.conditional ? digitCount : 0
  return {
    latentSize: architecture.latentSize,
    classes,
    generator: chain(architecture.latentSize + classes, architecture.generatorWidths, imageSize, 'tanh'),
    discriminator: chain(imageSize + classes, architecture.discriminatorWidths, 1, 'sigmoid'),
  }
}

function chain(inputs: number, widths: readonly number[], outputs: number, last: Activation): Network {
  const sizes = [inputs, ...widths]
  const hidden = widths.map((width, i): DenseLayer => ({ inputs: sizes[i] ?? inputs, outputs: width, activation: 'leaky-relu' }))
  return [...hidden, { inputs: sizes.at(-1) ?? inputs, outputs, activation: last }]
}

/** Where a layer's kernel [inputs, outputs] (row-major) and bias [outputs] lie in a network's flat parameter array. */
export interface LayerSlots {
  readonly layer: DenseLayer
  readonly kernel: number
  readonly bias: number
}

/** Kernel then bias, layer after layer, nothing between. */
export function layout(network: Network): { readonly slots: readonly LayerSlots[]; readonly size: number } {
  let size = 0
  const slots = network.map((layer): LayerSlots => {
    const kernel = size
    const bias = kernel + layer.inputs * layer.outputs
    size = bias + layer.outputs
    return { layer, kernel, bias }
  })
  return { slots, size }
}

export function parameterCount(network: Network): number {
  return layout(network).size
}
