import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { InklingError } from '../../base/errors'
import type { IDisposable } from '../../base/lifecycle'
import { allFinite } from '../../gpt2/floats'
import { buildScoreGraph } from '../../gpt2/scoreGraph'
import type { TokenScore } from '../../language/languageModel'
import type { OnnxRuntime } from './runtime'

/** Logits that go through the graph at a time: its intermediate values, as large each, stay in the processor's cache. */
const pieceLogits = 1 << 19

/** Turns logits into scores. Made on first use: most contexts only write. */
export class Scorer implements IDisposable {
  private session: Promise<InferenceSession> | undefined

  constructor(private readonly runtime: () => Promise<OnnxRuntime>, private readonly vocabulary: number) {}

  /**
   * @param logits [targets.length, vocabulary], float32
   * @param targets the token that followed each row
   * @param alternatives how many of the likeliest tokens to list
   * @throws InklingError `numbers-not-finite`
   */
  async score(logits: Float32Array, targets: Int32Array, alternatives: number): Promise<readonly TokenScore[]> {
    const scores: TokenScore[] = []
    const rows = Math.max(1, Math.floor(pieceLogits / this.vocabulary))
    for (let from = 0; from < targets.length; from += rows) {
      const piece = targets.subarray(from, from + rows)
      scores.push(...(await this.scorePiece(logits.subarray(from * this.vocabulary, (from + piece.length) * this.vocabulary), piece, alternatives)))
    }
    return scores
  }

  private async scorePiece(logits: Float32Array, targets: Int32Array, alternatives: number): Promise<readonly TokenScore[]> {
    const { vocabulary } = this
    const ort = await this.runtime()
    const m = targets.length
    const listed = Math.min(alternatives, vocabulary)
    // The operator wants at least one.
    const count = Math.max(listed, 1)
    const logprob = new Float32Array(m)
    const entropy = new Float32Array(m)
    const rank = new Int32Array(m)
    const likeliest = new BigInt64Array(m * count)
    const likeliestLogprob = new Float32Array(m * count)
    const feeds: Record<string, Tensor> = {
      logits: new ort.Tensor('float32', logits, [m, vocabulary]),
      targets: new ort.Tensor('int32', targets, [m]),
      count: new ort.Tensor('int64', BigInt64Array.of(BigInt(count)), [1]),
    }
    const fetches: Record<string, Tensor> = {
      logprob: new ort.Tensor('float32', logprob, [m]),
      entropy: new ort.Tensor('float32', entropy, [m]),
      rank: new ort.Tensor('int32', rank, [m]),
      likeliest: new ort.Tensor('int64', likeliest, [m, count]),
      likeliestLogprob: new ort.Tensor('float32', likeliestLogprob, [m, count]),
    }
    const session = await this.open(ort)
    await session.run(feeds, fetches)
    if (!allFinite(logprob) || !allFinite(entropy)) throw InklingError.of('numbers-not-finite', {})
    return Array.from(targets, (id, row) => ({
      id,
      logprob: logprob[row] ?? null,
      rank: rank[row] ?? null,
      entropy: entropy[row] ?? null,
      alternatives: Array.from({ length: listed }, (_, i) => ({
        id: Number(likeliest[row * count + i]),
        logprob: likeliestLogprob[row * count + i] ?? 0,
      })),
    }))
  }

  dispose(): void {
    // As with the model's session: there is nothing to do about a failure to let go.
    this.session?.then((session) => session.release()).catch(() => undefined)
    this.session = undefined
  }

  private open(ort: OnnxRuntime): Promise<InferenceSession> {
    // One thread: a second pool of threads would fight with the model's for the same processors.
    this.session ??= ort.InferenceSession.create(buildScoreGraph(this.vocabulary), { intraOpNumThreads: 1, interOpNumThreads: 1, enableMemPattern: false })
    return this.session
  }
}
