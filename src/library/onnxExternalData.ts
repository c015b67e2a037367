import type { ByteSource } from '../gpt2/byteSource'
import { MalformedProtobuf, ProtobufWalk } from './protobufWalk'

/**
 * Finds the files that an ONNX model names as holders of its weights (`TensorProto.external_data`, key `location`).
 * Tensors stand in initializers, in attributes of nodes, and in the graphs within; field numbers are those of
 * onnx/onnx.proto3.
 */

/** Where a kind of message can hold a tensor: field number → the message found there. */
const children = {
  model: { 7: 'graph', 20: 'training', 25: 'function' },
  training: { 1: 'graph', 2: 'graph' },
  function: { 7: 'node', 11: 'attribute' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
  tensor: { 13: 'external' },
} as const satisfies Record<string, Record<number, string>>

type Kind = keyof typeof children

const deepest = 32
const longestLocation = 4096

/** @throws MalformedProtobuf when the file is no ONNX model */
export async function externalDataLocations(source: ByteSource): Promise<readonly string[]> {
  const walk = new ProtobufWalk(source)
  const locations = new Set<string>()
  let sawGraph = false

  async function visit(kind: Kind, begin: number, end: number, depth: number): Promise<void> {
    if (depth > deepest) throw new MalformedProtobuf('its graphs are nested too deeply')
    const wanted: Readonly<Record<number, Kind | 'external' | undefined>> = children[kind]
    for await (const field of walk.fields(begin, end)) {
      const child = wanted[field.number]
      if (child === undefined) continue
      if (kind === 'model' && child === 'graph') sawGraph = true
      if (child === 'external') await readEntry(field.begin, field.end)
      else await visit(child, field.begin, field.end, depth + 1)
    }
  }

  /** StringStringEntryProto: key 1, value 2. */
  async function readEntry(begin: number, end: number): Promise<void> {
    let key = ''
    let value = ''
    for await (const field of walk.fields(begin, end)) {
      if (field.number === 1) key = await walk.text(field, longestLocation)
      if (field.number === 2) value = await walk.text(field, longestLocation)
    }
    if (key === 'location') locations.add(value)
  }

  await visit('model', 0, source.sizeBytes, 0)
  if (!sawGraph) throw new MalformedProtobuf('it holds no graph')
  return [...locations]
}
