import { dataType } from '../onnx/model'
import type { GraphBuilder } from '../onnx/graphBuilder'
import type { Gpt2Config } from './config'

/**
 * How a graph uses the rows of the cache.
 * - `in-place`: `k<l>` and `v<l>` hold the past rows and room for the new ones, and the caller has `nk<l>` and `nv<l>`
 *   written to that very room. Nothing is copied, and one operator does the rest. It takes a runtime that works on the
 *   caller's own memory.
 * - `joined`: `k<l>` and `v<l>` are the past rows, which the graph joins with the new ones. Runs everywhere.
 */
export type CacheUse = 'in-place' | 'joined'

/** The operator set that a graph needs: `Attention` came with 23, and not every provider has its kernels for that one. */
export const operatorSetFor: Readonly<Record<CacheUse, 21 | 23>> = { 'in-place': 23, joined: 21 }

/** Attention of one layer. @param qkv queries (already scaled), keys and values [n, 3 · width] @returns value [n, width] */
export type Attention = (graph: GraphBuilder, config: Gpt2Config, layer: number, qkv: string, mask: string) => string

export const attentionBy: Readonly<Record<CacheUse, Attention>> = { 'in-place': inPlaceAttention, joined: joinedAttention }

/** The new rows `nk<l>`, `nv<l>` [n, width] leave the graph. @returns the queries */
function putInPlace(graph: GraphBuilder, { width }: Gpt2Config, layer: number, qkv: string): string {
  const [query, newKey, newValue] = splitThree(graph, qkv, layer)
  graph.output(newKey, dataType.float, ['n', width])
  graph.output(newValue, dataType.float, ['n', width])
  return query
}

/** Inputs `k<l>`, `v<l>` [1, P + n, width], outputs `nk<l>`, `nv<l>` [n, width]. */
function inPlaceAttention(graph: GraphBuilder, config: Gpt2Config, layer: number, qkv: string, mask: string): string {
  const { heads, width } = config
  const query = putInPlace(graph, config, layer, qkv)
  const key = graph.input(`k${layer}`, dataType.float, [1, 'T', width])
  const value = graph.input(`v${layer}`, dataType.float, [1, 'T', width])
  // The node needs the query, which the node that writes the new rows gives: so it always runs behind it.
  const mixed = graph.node('Attention', [graph.node('Unsqueeze', [query, graph.integers([0])]), key, value, mask], {
    q_num_heads: { int: heads },
    kv_num_heads: { int: heads },
    scale: { float: 1 },
  })
  return graph.node('Reshape', [mixed, graph.integers([-1, width])])
}

/** Inputs `k<l>`, `v<l>` [P, heads, headDim], outputs `nk<l>`, `nv<l>` [n, heads, headDim]. */
function joinedAttention(graph: GraphBuilder, { heads, headDim, width }: Gpt2Config, layer: number, qkv: string, mask: string): string {
  const byHead = graph.node('Reshape', [qkv, graph.integers([0, 3 * heads, headDim])])
  const [query, newKey, newValue] = splitThree(graph, byHead, layer)
  for (const name of [newKey, newValue]) graph.output(name, dataType.float, ['n', heads, headDim])
  const pastKey = graph.input(`k${layer}`, dataType.float, ['P', heads, headDim])
  const pastValue = graph.input(`v${layer}`, dataType.float, ['P', heads, headDim])
  const join = (past: string, added: string): string => graph.node('Concat', [past, added], { axis: { int: 0 } })
  const transpose = (value: string, ...perm: number[]): string => graph.node('Transpose', [value], { perm: { ints: perm } })
  // Plain Transpose and MatMul: every provider has them.
  const scores = graph.node('MatMul', [transpose(query, 1, 0, 2), transpose(join(pastKey, newKey), 1, 2, 0)])
  const visible = graph.node('Softmax', [graph.node('Add', [scores, mask])], { axis: { int: -1 } })
  const mixed = graph.node('MatMul', [visible, transpose(join(pastValue, newValue), 1, 0, 2)])
  return graph.node('Reshape', [transpose(mixed, 1, 0, 2), graph.integers([-1, width])])
}

/** Queries, and the new rows under the names by which they leave the graph. */
function splitThree(graph: GraphBuilder, joined: string, layer: number): readonly [string, string, string] {
  const parts = [graph.name(), `nk${layer}`, `nv${layer}`] as const
  graph.add('', 'Split', [joined], parts, { axis: { int: 1 }, num_outputs: { int: 3 } })
  return parts
}
