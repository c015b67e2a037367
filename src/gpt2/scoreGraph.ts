import { dataType } from '../onnx/model'
import { GraphBuilder } from '../onnx/graphBuilder'

/**
 * A graph without weights that says how likely tokens were, from the logits before them. It stands apart from the model's
 * graph, because ONNX Runtime runs every node whether its output is wanted or not, and writing needs none of this.
 *
 * Inputs: `logits` [m, vocabulary], float32; `targets` [m], int32; `count` [1], int64, how many alternatives.
 * Outputs: `logprob`, `entropy` [m], float32, in nats; `rank` [m], int32, 0 for the likeliest;
 * `likeliest` [m, count], int64, and `likeliestLogprob` [m, count], float32, best first.
 */
export function buildScoreGraph(vocabulary: number): Uint8Array {
  const graph = new GraphBuilder()
  const logits = graph.input('logits', dataType.float, ['m', vocabulary])
  const targets = graph.input('targets', dataType.int32, ['m'])
  const count = graph.input('count', dataType.int64, [1])
  const lastAxis = graph.integers([1])

  const logprobs = graph.node('LogSoftmax', [logits], { axis: { int: -1 } })
  const target = graph.node('GatherElements', [logprobs, graph.node('Unsqueeze', [targets, lastAxis])], { axis: { int: 1 } })
  graph.output(graph.node('Squeeze', [target, lastAxis], {}, 'logprob'), dataType.float, ['m'])

  const expected = graph.node('Mul', [graph.node('Exp', [logprobs]), logprobs])
  graph.output(graph.node('Neg', [graph.node('ReduceSum', [expected, lastAxis], { keepdims: { int: 0 } })], {}, 'entropy'), dataType.float, ['m'])

  const likelier = graph.node('Cast', [graph.node('Greater', [logprobs, target])], { to: { int: dataType.int32 } })
  graph.output(graph.node('ReduceSum', [likelier, lastAxis], { keepdims: { int: 0 } }, 'rank'), dataType.int32, ['m'])

  graph.add('', 'TopK', [logprobs, count], ['likeliestLogprob', 'likeliest'], { axis: { int: -1 } })
  graph.output('likeliestLogprob', dataType.float, ['m', 'count'])
  graph.output('likeliest', dataType.int64, ['m', 'count'])
  return graph.encode('')
}
