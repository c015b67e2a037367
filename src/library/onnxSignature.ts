import type { ByteSource } from '../gpt2/byteSource'
import { MalformedProtobuf, ProtobufWalk, type Field } from './protobufWalk'

/**
 * Reads what an ONNX graph takes and gives from its file, without running or loading it. Field numbers are those of
 * onnx/onnx.proto3.
 */

export interface TensorSignature {
  readonly name: string
  /** Undefined for what is no plain tensor, or of a type that no decoder uses. */
  readonly type: ElementType | undefined
  /** One number a dimension; undefined where it is open. */
  readonly shape: readonly (number | undefined)[]
}

export type ElementType = 'float32' | 'float16' | 'int32' | 'int64' | 'bool'

export interface OnnxSignature {
  readonly inputs: readonly TensorSignature[]
  readonly outputs: readonly TensorSignature[]
}

/** TensorProto.DataType. */
const elementTypes: Readonly<Record<number, ElementType>> = { 1: 'float32', 6: 'int32', 7: 'int64', 9: 'bool', 10: 'float16' }

const longestName = 1024
/** Far more than the cache of any model there is has. */
const mostTensors = 10_000
const mostDimensions = 16

/** @throws MalformedProtobuf when the file is no ONNX model */
export async function readOnnxSignature(source: ByteSource): Promise<OnnxSignature> {
  const walk = new ProtobufWalk(source)
  const inputs: TensorSignature[] = []
  const outputs: TensorSignature[] = []
  for await (const graph of walk.fields(0, source.sizeBytes)) {
    if (graph.number !== 7) continue
    for await (const field of walk.fields(graph.begin, graph.end)) {
      const list = field.number === 11 ? inputs : field.number === 12 ? outputs : undefined
      list?.push(await readTensor(walk, field))
      if (inputs.length + outputs.length > mostTensors) throw new MalformedProtobuf('it has far too many inputs')
    }
  }
  return { inputs, outputs }
}

/** ValueInfoProto: name 1, type 2; TypeProto: tensor_type 1; Tensor: elem_type 1, shape 2. */
async function readTensor(walk: ProtobufWalk, { begin, end }: Field): Promise<TensorSignature> {
  let name = ''
  let type: ElementType | undefined
  let shape: readonly (number | undefined)[] = []
  for await (const field of walk.fields(begin, end)) {
    if (field.number === 1) name = await walk.text(field, longestName)
    if (field.number !== 2) continue
    for await (const tensor of walk.fields(field.begin, field.end)) {
      if (tensor.number !== 1) continue
      for await (const { number, value } of walk.numbers(tensor.begin, tensor.end)) if (number === 1) type = elementTypes[value]
      for await (const inner of walk.fields(tensor.begin, tensor.end)) if (inner.number === 2) shape = await readShape(walk, inner)
    }
  }
  return { name, type, shape }
}

/** TensorShapeProto: dim 1; Dimension: dim_value 1, or dim_param 2 for an open one. */
async function readShape(walk: ProtobufWalk, { begin, end }: Field): Promise<readonly (number | undefined)[]> {
  const shape: (number | undefined)[] = []
  for await (const dimension of walk.fields(begin, end)) {
    if (dimension.number !== 1) continue
    let size: number | undefined
    for await (const { number, value } of walk.numbers(dimension.begin, dimension.end)) if (number === 1) size = value
    if (shape.push(size) > mostDimensions) throw new MalformedProtobuf('a tensor has far too many dimensions')
  }
  return shape
}
