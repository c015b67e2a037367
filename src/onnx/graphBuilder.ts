import { dataType, encodeModel, type Attribute, type DataType, type Initializer, type OnnxNode, type OperatorSet, type ValueInfo } from './model'
import { WeightsLayout, type WeightPlace } from './weightsLayout'

const microsoft = 'com.microsoft'

/** Collects nodes, constants and weights of a graph; every method that adds a value returns its name. */
export class GraphBuilder {
  private readonly nodes: OnnxNode[] = []
  private readonly initializers: Initializer[] = []
  private readonly inputs: ValueInfo[] = []
  private readonly outputs: ValueInfo[] = []
  private names = 0

  /** @param weights where its constants lie; those of other graphs may lie there too */
  constructor(readonly weights = new WeightsLayout()) {}

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

  /** A single byte, uint8. */
  byte(value: number): string {
    const name = this.name()
    this.initializers.push({ name, type: dataType.uint8, shape: [], data: Uint8Array.of(value) })
    return name
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
