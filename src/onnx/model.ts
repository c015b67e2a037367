import { ProtobufWriter } from './protobuf'

/** ONNX's `TensorProto.DataType`. */
export const dataType = { float: 1, uint8: 2, int8: 3, int32: 6, int64: 7 } as const
export type DataType = (typeof dataType)[keyof typeof dataType]

export const elementBytes: Readonly<Record<DataType, number>> = { [dataType.float]: 4, [dataType.uint8]: 1, [dataType.int8]: 1, [dataType.int32]: 4, [dataType.int64]: 8 }

export type Attribute = { readonly int: number } | { readonly float: number } | { readonly ints: readonly number[] } | { readonly text: string }

export interface OnnxNode {
  readonly operator: string
  /** '' is ONNX's own operator set; `com.microsoft` holds ONNX Runtime's additions. */
  readonly domain: string
  /** An empty name stands for an optional input that is left out. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, Attribute>>
}

/** A constant: its bytes in the model, or where they lie in the file of weights beside it. */
export interface Initializer {
  readonly name: string
  readonly type: DataType
  readonly shape: readonly number[]
  readonly data: Uint8Array | { readonly offset: number; readonly length: number }
}

/** An input or output. A dimension given by name is free. */
export interface ValueInfo {
  readonly name: string
  readonly type: DataType
  readonly shape: readonly (number | string)[]
}

export interface OnnxModel {
  readonly nodes: readonly OnnxNode[]
  readonly initializers: readonly Initializer[]
  readonly inputs: readonly ValueInfo[]
  readonly outputs: readonly ValueInfo[]
  /** Name of the file of weights, as the runtime looks for it beside the model. */
  readonly weightsFile: string
  readonly operatorSet: OperatorSet
}

/** Version of ONNX's own operators: 21 is the first with nearly everything used here, 23 has `Attention` too. */
export type OperatorSet = 21 | 23

/** Each with the version of the file format that came with it. */
const irVersions: Readonly<Record<OperatorSet, number>> = { 21: 10, 23: 11 }

/** `ModelProto` of onnx.proto. Field numbers are those of that file. */
export function encodeModel(model: OnnxModel): Uint8Array {
  const writer = new ProtobufWriter()
  writer.integer(1, irVersions[model.operatorSet])
  writer.string(2, 'inkling')
  writer.message(7, (graph) => writeGraph(graph, model))
  for (const set of [{ domain: '', version: model.operatorSet }, { domain: 'com.microsoft', version: 1 }]) {
    writer.message(8, (message) => {
      message.string(1, set.domain)
      message.integer(2, set.version)
    })
  }
  return writer.finish()
}

function writeGraph(graph: ProtobufWriter, model: OnnxModel): void {
  for (const [index, node] of model.nodes.entries()) graph.message(1, (message) => writeNode(message, node, index))
  graph.string(2, 'graph')
  for (const initializer of model.initializers) graph.message(5, (message) => writeInitializer(message, initializer, model.weightsFile))
  for (const input of model.inputs) graph.message(11, (message) => writeValueInfo(message, input))
  for (const output of model.outputs) graph.message(12, (message) => writeValueInfo(message, output))
}

function writeNode(message: ProtobufWriter, node: OnnxNode, index: number): void {
  for (const input of node.inputs) message.string(1, input)
  for (const output of node.outputs) message.string(2, output)
  message.string(3, `${node.operator}_${index}`)
  message.string(4, node.operator)
  for (const [name, attribute] of Object.entries(node.attributes)) message.message(5, (field) => writeAttribute(field, name, attribute))
  message.string(7, node.domain)
}

/** `AttributeProto`; field 20 says which of the value fields counts. */
function writeAttribute(message: ProtobufWriter, name: string, attribute: Attribute): void {
  message.string(1, name)
  if ('float' in attribute) {
    message.float(2, attribute.float)
    message.integer(20, 1)
  } else if ('int' in attribute) {
    message.integer(3, attribute.int)
    message.integer(20, 2)
  } else if ('text' in attribute) {
    message.string(4, attribute.text)
    message.integer(20, 3)
  } else {
    for (const value of attribute.ints) message.integer(8, value)
    message.integer(20, 7)
  }
}

/** `TensorProto`: raw bytes, or the entries `location`, `offset` and `length` of external data. */
function writeInitializer(message: ProtobufWriter, { name, type, shape, data }: Initializer, weightsFile: string): void {
  for (const size of shape) message.integer(1, size)
  message.integer(2, type)
  message.string(8, name)
  if (data instanceof Uint8Array) {
    message.raw(9, data)
    return
  }
  const external = { location: weightsFile, offset: String(data.offset), length: String(data.length) }
  for (const [key, value] of Object.entries(external)) {
    message.message(13, (entry) => {
      entry.string(1, key)
      entry.string(2, value)
    })
  }
  message.integer(14, 1)
}

/** `ValueInfoProto` with a `TypeProto.Tensor`. */
function writeValueInfo(message: ProtobufWriter, { name, type, shape }: ValueInfo): void {
  message.string(1, name)
  message.message(2, (typeProto) => typeProto.message(1, (tensor) => {
    tensor.integer(1, type)
    tensor.message(2, (shapeProto) => {
      for (const size of shape) {
        shapeProto.message(1, (dimension) => {
          if (typeof size === 'number') dimension.integer(1, size)
          else dimension.string(2, size)
        })
      }
    })
  }))
}
