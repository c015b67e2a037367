import { leakySlope, imageSize, type GanDescription, type Network } from '../../gan/network'
import { GraphBuilder } from '../../onnx/graphBuilder'
import { dataType } from '../../onnx/model'
import { gradient, hiddenName, parameterNames, type NetworkName } from './graphNames'

interface LayerValues {
  readonly kernel: string
  readonly bias: string
}

/*
 * The parts of a training step as ONNX graphs: everything with matrix products, forward and back. Adam is not among them:
 * as ONNX nodes it reads and writes every weight a dozen times over. See `GanEngine` for what a step is, graphNames.ts for
 * the names of inputs and outputs. Labels come joined to their rows.
 */

/** G forward: `input` [n, latentSize + classes] → `pictures` [n, 784] and, with `keep`, what each hidden layer gives. */
export function drawingGraph({ generator, latentSize, classes }: GanDescription, keep: boolean): Uint8Array {
  const graph = new GraphBuilder()
  const x = graph.input('input', dataType.float, ['n', latentSize + classes])
  const hidden = forward(graph, declare(graph, 'generator', generator), x, undefined, keep ? hiddenName : undefined)
  if (keep) generator.slice(0, -1).forEach(({ outputs }, i) => graph.output(hiddenName(i + 1), dataType.float, ['n', outputs]))
  graph.node('Tanh', [last(hidden)], {}, graph.output('pictures', dataType.float, ['n', imageSize]))
  return graph.encode('')
}

/** D with what it looks at: `x` [batch, 784 + classes]. */
function declareDiscriminator(graph: GraphBuilder, { discriminator: network, classes }: GanDescription, batch: number): { network: Network; layers: readonly LayerValues[]; x: string } {
  return { network, layers: declare(graph, 'discriminator', network), x: graph.input('x', dataType.float, [batch, imageSize + classes]) }
}

/** D's cross-entropy on `x` [batch, 784 + classes] towards `target`: `logits` [batch, 1] and the gradient of every weight of D. */
export function tellingGraph(description: GanDescription, batch: number): Uint8Array {
  const graph = new GraphBuilder()
  const { network, layers, x } = declareDiscriminator(graph, description, batch)
  const target = graph.input('target', dataType.float, [])
  const hidden = forward(graph, layers, x, graph.output('logits', dataType.float, [batch, 1]))
  backward(graph, 'discriminator', network, layers, hidden, logitGradient(graph, last(hidden), target, batch))
  return graph.encode('')
}

/**
 * The gradient of D's penalty on `x` [batch, 784 + classes], as a second way forward: see `TfjsEngine.learnToBeFlat`. The
 * single number `strength` is γ / batch. Biases have no part in it.
 */
export function flatteningGraph(description: GanDescription, batch: number): Uint8Array {
  const graph = new GraphBuilder()
  const { network, layers, x } = declareDiscriminator(graph, description, batch)
  const hidden = forward(graph, layers, x)
  const signals = backToInput(graph, layers, hidden, graph.node('Expand', [graph.scalar(1), graph.integers([batch, 1])]))
  let s = graph.node('Mul', [at(signals, 0), graph.input('strength', dataType.float, [])])
  if (description.classes > 0) s = graph.node('Pad', [columns(graph, s, imageSize), graph.integers([0, 0, 0, description.classes])])
  layers.forEach(({ kernel }, i) => {
    const { inputs, outputs } = at(network, i)
    graph.node('Gemm', [s, at(signals, i + 1)], { transA: { int: 1 } }, graph.output(gradient(`discriminator.${i}.kernel`), dataType.float, [inputs, outputs]))
    if (i < layers.length - 1) s = timesSlope(graph, graph.node('MatMul', [s, kernel]), at(hidden, i + 1))
  })
  return graph.encode('')
}

/**
 * G through D towards 1: from `x` [batch, 784 + classes], whose pixels are `pictures` [batch, 784], and what G's layers read
 * for them, `logits` [batch, 1] and the gradient of every weight of G.
 */
export function learningToDrawGraph(description: GanDescription, batch: number): Uint8Array {
  const graph = new GraphBuilder()
  const { generator, latentSize, classes } = description
  const { layers: judges, x } = declareDiscriminator(graph, description, batch)
  const layers = declare(graph, 'generator', generator)
  const pictures = graph.input('pictures', dataType.float, [batch, imageSize])
  const read = generator.map(({ inputs }, i) => graph.input(hiddenName(i), dataType.float, [batch, i === 0 ? latentSize + classes : inputs]))
  const hidden = forward(graph, judges, x, graph.output('logits', dataType.float, [batch, 1]))
  const one = graph.scalar(1)
  const towardsInput = at(backToInput(graph, judges, hidden, logitGradient(graph, last(hidden), one, batch)), 0)
  const towardsPixels = classes > 0 ? columns(graph, towardsInput, imageSize) : towardsInput
  const tanhSlope = graph.node('Sub', [one, graph.node('Mul', [pictures, pictures])])
  backward(graph, 'generator', generator, layers, read, graph.node('Mul', [towardsPixels, tanhSlope]))
  return graph.encode('')
}

function declare(graph: GraphBuilder, name: NetworkName, network: Network): LayerValues[] {
  for (const parameter of parameterNames(name, network)) graph.input(parameter.name, dataType.float, parameter.shape)
  return network.map((_, i) => ({ kernel: `${name}.${i}.kernel`, bias: `${name}.${i}.bias` }))
}

/**
 * @param result name for the last layer's sums  @param names name for what a hidden layer gives
 * @returns what each layer reads, then the last layer's sums
 */
function forward(graph: GraphBuilder, layers: readonly LayerValues[], input: string, result?: string, names?: (layer: number) => string): string[] {
  const hidden = [input]
  layers.forEach(({ kernel, bias }, i) => {
    const sums = graph.node('Gemm', [at(hidden, i), kernel, bias], {}, i === layers.length - 1 ? result : undefined)
    hidden.push(i < layers.length - 1 ? graph.node('LeakyRelu', [sums], { alpha: { float: leakySlope } }, names?.(i + 1)) : sums)
  })
  return hidden
}

/** The gradients of a network's weights leave the graph. @param hidden what each layer reads  @param d [batch, outputs] */
function backward(graph: GraphBuilder, name: NetworkName, network: Network, layers: readonly LayerValues[], hidden: readonly string[], d: string): void {
  for (let i = layers.length - 1; i >= 0; i--) {
    const { inputs, outputs } = at(network, i)
    const input = at(hidden, i)
    graph.node('Gemm', [input, d], { transA: { int: 1 } }, graph.output(gradient(`${name}.${i}.kernel`), dataType.float, [inputs, outputs]))
    graph.node('ReduceSum', [d, graph.integers([0])], { keepdims: { int: 0 } }, graph.output(gradient(`${name}.${i}.bias`), dataType.float, [outputs]))
    if (i > 0) d = timesSlope(graph, back(graph, d, at(layers, i).kernel), input)
  }
}

/** @returns the signals at D's input and at each layer's sums */
function backToInput(graph: GraphBuilder, layers: readonly LayerValues[], hidden: readonly string[], d: string): string[] {
  const signals = [d]
  for (let i = layers.length - 1; i >= 0; i--) {
    const towards = back(graph, d, at(layers, i).kernel)
    d = i > 0 ? timesSlope(graph, towards, at(hidden, i)) : towards
    signals.unshift(d)
  }
  return signals
}

function back(graph: GraphBuilder, d: string, kernel: string): string {
  return graph.node('Gemm', [d, kernel], { transB: { int: 1 } })
}

function logitGradient(graph: GraphBuilder, logits: string, target: string, batch: number): string {
  return graph.node('Mul', [graph.node('Sub', [graph.node('Sigmoid', [logits]), target]), graph.scalar(1 / batch)])
}

function timesSlope(graph: GraphBuilder, product: string, hidden: string): string {
  return graph.node('Where', [graph.node('Greater', [hidden, graph.scalar(0)]), product, graph.node('Mul', [product, graph.scalar(leakySlope)])])
}

function columns(graph: GraphBuilder, x: string, count: number): string {
  return graph.node('Slice', [x, graph.integers([0]), graph.integers([count]), graph.integers([1])])
}

function last(names: readonly string[]): string {
  return at(names, names.length - 1)
}

function at<T>(list: readonly T[], index: number): T {
  const value = list[index]
  if (value === undefined) throw new Error(`A graph is built from ${list.length} values, and the one at ${index} was asked for`)
  return value
}
