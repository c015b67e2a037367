import { dataType, encodeModel, type Attribute, type DataType, type Initializer, type OnnxNode, type OperatorSet, type ValueInfo } from './model'

/** Takes bytes for a place in the file of weights. */
export interface ByteSink {
  write(offset: number, bytes: Uint8Array): Promise<void>
}

/** A part of the weights: fetches what it needs, converts it, writes it, and forgets it. */
export interface WeightRecipe {
  /** Bytes it writes, for progress. */
  readonly sizeBytes: number
  write(sink: ByteSink): Promise<void>
}

/** A place in the file of weights. */
export interface WeightPlace {
  readonly offset: number
  readonly length: number
}

const microsoft = 'com.microsoft'

/** Weights begin at multiples of this, as vector instructions like it. */
const alignment = 64

const elementBytes: Readonly<Record<DataType, number>> = { [dataType.float]: 4, [dataType.uint8]: 1, [dataType.int32]: 4, [dataType.int64]: 8 }

/** Collects nodes, constants and weights of a graph; every method that adds a value returns its name. */
export class GraphBuilder {
  readonly recipes: WeightRecipe[] = []
  private readonly nodes: OnnxNode[] = []
  private readonly initializers: Initializer[] = []
  private readonly inputs: ValueInfo[] = []
  private readonly outputs: ValueInfo[] = []
  private names = 0
  private end = 0

  /** Bytes of the file of weights. */
  get weightsSize(): number {
    return this.end
  }

  input(name: string, type: DataType, shape: ValueInfo['shape']): string {
    this.inputs.push({ name, type, shape })
    return name
  }

  /** Declares that the value `name` leaves the graph; a node makes it by that name. */
  output(name: string, type: DataType, shape: ValueInfo['shape']): string {
    this.outputs.push({ name, type, shape })
    return name
  }

  /** An operator of ONNX with one output. */
  node(operator: string, inputs: readonly string[], attributes: OnnxNode['attributes'] = {}, output = this.name()): string {
    this.add('', operator, inputs, [output], attributes)
    return output
  }

  /** An operator that ONNX Runtime adds, with one output. */
  msNode(operator: string, inputs: readonly string[], attributes: OnnxNode['attributes'] = {}, output = this.name()): string {
    this.add(microsoft, operator, inputs, [output], attributes)
    return output
  }

  /** A node with any outputs; an empty name leaves one out. */
  add(domain: string, operator: string, inputs: readonly string[], outputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): void {
    this.nodes.push({ operator, domain, inputs, outputs, attributes })
  }

  name(): string {
    return `t${this.names++}`
  }

  /** [values.length], int64: shapes, axes and the like. */
  integers(values: readonly number[]): string {
    const name = this.name()
    const data = new Uint8Array(BigInt64Array.from(values, BigInt).buffer)
    this.initializers.push({ name, type: dataType.int64, shape: [values.length], data })
    return name
  }

  /** A single number, float32: it is combined with every element of whatever it meets. */
  scalar(value: number): string {
    const name = this.name()
    this.initializers.push({ name, type: dataType.float, shape: [], data: new Uint8Array(Float32Array.of(value).buffer) })
    return name
  }

  /** Makes room in the file of weights. */
  place(type: DataType, shape: readonly number[]): WeightPlace {
    const offset = Math.ceil(this.end / alignment) * alignment
    const length = shape.reduce((product, size) => product * size, elementBytes[type])
    this.end = offset + length
    return { offset, length }
  }

  /** A constant that lies at `place`; the same place may be read in several shapes. */
  weight(name: string, type: DataType, shape: readonly number[], place: WeightPlace): string {
    this.initializers.push({ name, type, shape, data: place })
    return name
  }

  /** @returns the bytes of the ONNX file, whose weights are in `weightsFile` beside it */
  encode(weightsFile: string, operatorSet: OperatorSet = 21): Uint8Array {
    return encodeModel({ operatorSet, nodes: this.nodes, initializers: this.initializers, inputs: this.inputs, outputs: this.outputs, weightsFile })
  }
}
