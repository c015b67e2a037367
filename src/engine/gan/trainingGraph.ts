import { leakySlope, imageSize, type GanDescription, type Network } from '../../gan/network'
import { GraphBuilder } from '../../onnx/graphBuilder'
import { dataType } from '../../onnx/model'
import { adamInputs, networkNames, next, parameterNames, part, type NetworkName, type Part } from './graphNames'

/** What shapes a step's graph, next to the networks. */
export interface StepShape {
  readonly batch: number
  /** Discriminator updates on real and on fake. */
  readonly rounds: number
  /** Whether the step ends D's part with the gradient penalty. */
  readonly penalty: boolean
  /** Whether the averaged weights lag behind; otherwise they are G's own. */
  readonly average: boolean
}

interface LayerValues {
  readonly kernel: string
  readonly bias: string
}

/**
 * A whole training step as one ONNX graph: forward, backward, penalty, Adam and average. See `GanEngine` for what a step
 * is, and graphNames.ts for the names of inputs and outputs. Labels come joined to their rows.
 */
export function buildTrainingGraph(description: GanDescription, shape: StepShape): Uint8Array {
  return new TrainingGraph(description, shape).build()
}

/** G alone: `input` [n, latentSize + classes] → `pictures` [n, 784]. */
export function buildDrawingGraph(description: GanDescription): Uint8Array {
  const graph = new GraphBuilder()
  const x = graph.input('input', dataType.float, ['n', description.latentSize + description.classes])
  const layers = declare(graph, 'generator', description.generator)
  const hidden = forward(graph, layers, x)
  graph.output('pictures', dataType.float, ['n', imageSize])
  graph.node('Tanh', [last(hidden)], {}, 'pictures')
  return graph.encode('')
}

class TrainingGraph {
  private readonly graph = new GraphBuilder()
  private readonly zero = this.graph.scalar(0)
  private readonly slope = this.graph.scalar(leakySlope)
  /** What the gradients are scaled with on their way, over the batch: see `update`. */
  private readonly gradientScale: string
  /** Each network as it stands after the updates so far. */
  private readonly layers: Record<NetworkName, LayerValues[]>
  private readonly moments = new Map<string, string>()
  private updates = 0

  constructor(private readonly description: GanDescription, private readonly shape: StepShape) {
    this.gradientScale = this.graph.input('gradientScale', dataType.float, [])
    this.layers = { generator: declare(this.graph, 'generator', description.generator), discriminator: declare(this.graph, 'discriminator', description.discriminator) }
    for (const name of networkNames) {
      for (const parameter of parameterNames(name, description[name])) {
        for (const moment of ['first', 'second'] as const) {
          this.moments.set(part(parameter.name, moment), this.graph.input(part(parameter.name, moment), dataType.float, parameter.shape))
        }
      }
    }
    for (const input of adamInputs) this.graph.input(input, dataType.float, [])
  }

  build(): Uint8Array {
    const { graph, description, shape } = this
    const { batch, rounds, penalty } = shape
    const realTarget = graph.input('realTarget', dataType.float, [])
    const real = this.split(graph.input('real', dataType.float, [rounds * batch, imageSize + description.classes]), rounds)
    const latents = graph.input('latents', dataType.float, [(rounds + 1) * batch, description.latentSize + description.classes])
    const hidden = forward(graph, this.layers.generator, latents)
    const pictures = this.split(graph.node('Tanh', [last(hidden)]), rounds + 1)
    const fake = this.joinLabels(pictures)

    for (let round = 0; round < rounds; round++) {
      const final = round === rounds - 1
      this.learnToTell(at(real, round), realTarget, final ? 'logits.real' : undefined, false)
      this.learnToTell(at(fake, round), this.zero, final ? 'logits.fake' : undefined, final && !penalty)
    }
    if (penalty) this.learnToBeFlat(last(real))
    this.learnToDraw(last(fake), last(pictures), hidden.slice(0, -1).map((x) => last(this.split(x, rounds + 1))))
    if (shape.average) this.followWithAverage()
    for (const logits of ['logits.real', 'logits.fake', 'logits.generator']) graph.output(logits, dataType.float, [batch, 1])
    this.declareOutputs()
    return graph.encode('')
  }

  /** @param final whether this is D's last update of the step */
  private learnToTell(x: string, target: string, logits: string | undefined, final: boolean): void {
    const hidden = forward(this.graph, this.layers.discriminator, x, logits)
    this.update('discriminator', this.backward('discriminator', hidden, this.logitGradient(last(hidden), target)), final)
  }

  private learnToDraw(x: string, pictures: string, generatorHidden: readonly string[]): void {
    const { graph, description } = this
    const hidden = forward(graph, this.layers.discriminator, x, 'logits.generator')
    const one = graph.scalar(1)
    const towardsInput = at(this.backToInput(hidden, this.logitGradient(last(hidden), one)), 0)
    const towardsPixels = description.classes > 0 ? this.columns(towardsInput, imageSize) : towardsInput
    const tanhSlope = graph.node('Sub', [one, graph.node('Mul', [pictures, pictures])])
    this.update('generator', this.backward('generator', generatorHidden, graph.node('Mul', [towardsPixels, tanhSlope])), true)
  }

  /** The penalty's gradient as a second way forward: see `TfjsEngine.learnToBeFlat`. */
  private learnToBeFlat(x: string): void {
    const { graph, description, shape } = this
    const hidden = forward(graph, this.layers.discriminator, x)
    const ones = graph.node('Expand', [graph.scalar(1), graph.integers([shape.batch, 1])])
    const signals = this.backToInput(hidden, ones)
    let s = graph.node('Mul', [at(signals, 0), graph.input('penaltyRate', dataType.float, [])])
    if (description.classes > 0) s = graph.node('Pad', [this.columns(s, imageSize), graph.integers([0, 0, 0, description.classes])])
    const layers = this.layers.discriminator
    const gradients = layers.map(({ kernel, bias }, i): LayerValues => {
      const gradient = graph.node('Gemm', [s, at(signals, i + 1)], { transA: { int: 1 } })
      if (i < layers.length - 1) s = this.timesSlope(graph.node('MatMul', [s, kernel]), at(hidden, i + 1))
      return { kernel: gradient, bias: graph.node('Mul', [bias, this.zero]) }
    })
    this.update('discriminator', gradients, true)
  }

  private logitGradient(logits: string, target: string): string {
    const { graph } = this
    return graph.node('Mul', [graph.node('Sub', [graph.node('Sigmoid', [logits]), target]), this.gradientScale])
  }

  private backward(name: NetworkName, hidden: readonly string[], d: string): LayerValues[] {
    const { graph } = this
    const layers = this.layers[name]
    const gradients: LayerValues[] = []
    for (let i = layers.length - 1; i >= 0; i--) {
      const input = at(hidden, i)
      gradients.unshift({
        kernel: graph.node('Gemm', [input, d], { transA: { int: 1 } }),
        bias: graph.node('ReduceSum', [d, graph.integers([0])], { keepdims: { int: 0 } }),
      })
      if (i > 0) d = this.timesSlope(this.back(d, at(layers, i).kernel), input)
    }
    return gradients
  }

  /** @returns the signals at D's input and at each layer's sums */
  private backToInput(hidden: readonly string[], d: string): string[] {
    const layers = this.layers.discriminator
    const signals = [d]
    for (let i = layers.length - 1; i >= 0; i--) {
      const towards = this.back(d, at(layers, i).kernel)
      d = i > 0 ? this.timesSlope(towards, at(hidden, i)) : towards
      signals.unshift(d)
    }
    return signals
  }

  private back(d: string, kernel: string): string {
    return this.graph.node('Gemm', [d, kernel], { transB: { int: 1 } })
  }

  private timesSlope(product: string, hidden: string): string {
    const { graph } = this
    return graph.node('Where', [graph.node('Greater', [hidden, this.zero]), product, graph.node('Mul', [product, this.slope])])
  }

  /**
   * One Adam update of a whole network with the next rate: as `adam` of kernels/assembly/elementwise.ts. The weights are
   * many and the operations on them are what a step costs next to its products, so gradients come scaled by √(1 - β₂): then
   * the second moment needs no factor for them, and the first one's factor makes up for it.
   * @param final whether the results are those that leave the graph
   */
  private update(name: NetworkName, gradients: readonly LayerValues[], final: boolean): void {
    const { graph } = this
    const rate = graph.input(name === 'generator' ? 'rate.generator' : `rate.discriminator.${this.updates++}`, dataType.float, [])
    this.layers[name] = this.layers[name].map((layer, i) => {
      const move = (which: keyof LayerValues): string => {
        const parameter = `${name}.${i}.${which}`
        const gradient = at(gradients, i)[which]
        const result = (of: Part): string | undefined => (final ? next(part(parameter, of)) : undefined)
        const moment = (of: 'first' | 'second', keep: string, seen: string): string => {
          const key = part(parameter, of)
          const value = graph.node('Add', [graph.node('Mul', [this.moments.get(key) ?? '', keep]), seen], {}, result(of))
          this.moments.set(key, value)
          return value
        }
        const first = moment('first', 'keep1', graph.node('Mul', [gradient, 'take1']))
        const second = moment('second', 'keep2', graph.node('Mul', [gradient, gradient]))
        const root = graph.node('Add', [graph.node('Sqrt', [second]), 'epsilon'])
        return graph.node('Sub', [layer[which], graph.node('Div', [graph.node('Mul', [first, rate]), root])], {}, result('value'))
      }
      return { kernel: move('kernel'), bias: move('bias') }
    })
  }

  private followWithAverage(): void {
    const { graph } = this
    const keep = graph.input('averageKeep', dataType.float, [])
    const take = graph.input('averageTake', dataType.float, [])
    for (const { name, shape, layer, which } of parameterNames('generator', this.description.generator)) {
      const average = graph.input(part(name, 'average'), dataType.float, shape)
      const output = graph.output(next(part(name, 'average')), dataType.float, shape)
      graph.node('Add', [graph.node('Mul', [average, keep]), graph.node('Mul', [at(this.layers.generator, layer)[which], take])], {}, output)
    }
  }

  private declareOutputs(): void {
    const { graph } = this
    for (const name of networkNames) {
      for (const parameter of parameterNames(name, this.description[name])) {
        for (const which of ['value', 'first', 'second'] as const) graph.output(next(part(parameter.name, which)), dataType.float, parameter.shape)
      }
    }
  }

  private joinLabels(pictures: readonly string[]): readonly string[] {
    const { graph, description, shape } = this
    if (description.classes === 0) return pictures
    const labels = this.split(graph.input('fakeLabels', dataType.float, [(shape.rounds + 1) * shape.batch, description.classes]), shape.rounds + 1)
    return pictures.map((x, i) => graph.node('Concat', [x, at(labels, i)], { axis: { int: 1 } }))
  }

  private columns(x: string, count: number): string {
    const { graph } = this
    return graph.node('Slice', [x, graph.integers([0]), graph.integers([count]), graph.integers([1])])
  }

  /** Cuts rows into equal batches. */
  private split(x: string, count: number): string[] {
    if (count === 1) return [x]
    const parts = Array.from({ length: count }, () => this.graph.name())
    this.graph.add('', 'Split', [x], parts, { axis: { int: 0 }, num_outputs: { int: count } })
    return parts
  }
}

function declare(graph: GraphBuilder, name: NetworkName, network: Network): LayerValues[] {
  for (const parameter of parameterNames(name, network)) graph.input(part(parameter.name, 'value'), dataType.float, parameter.shape)
  return network.map((_, i) => ({ kernel: part(`${name}.${i}.kernel`, 'value'), bias: part(`${name}.${i}.bias`, 'value') }))
}

/** @returns what each layer reads, then the last layer's sums, under the name `result` when given */
function forward(graph: GraphBuilder, layers: readonly LayerValues[], input: string, result?: string): string[] {
  const hidden = [input]
  layers.forEach(({ kernel, bias }, i) => {
    const sums = graph.node('Gemm', [at(hidden, i), kernel, bias], {}, i === layers.length - 1 ? result : undefined)
    hidden.push(i < layers.length - 1 ? graph.node('LeakyRelu', [sums], { alpha: { float: leakySlope } }) : sums)
  })
  return hidden
}

function last(names: readonly string[]): string {
  return at(names, names.length - 1)
}

function at<T>(list: readonly T[], index: number): T {
  const value = list[index]
  if (value === undefined) throw new Error(`A graph is built from ${list.length} values, and the one at ${index} was asked for`)
  return value
}
