import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { InklingError } from '../../base/errors'
import type { IDisposable } from '../../base/lifecycle'
import { allFinite, toFloat32 } from '../../gpt2/floats'
import type { DecoderGraph, IntegerInput } from '../../library/decoderGraph'
import type { OnnxRuntime } from '../onnx/runtime'
import type { CacheRows } from './cacheRows'

/** New tokens of some texts of equal length. */
export interface DecoderStep {
  /** [batch, n], row after row: the tokens behind the past ones */
  readonly ids: Int32Array
  readonly batch: number
  /** Tokens before them, whose rows `past` holds. */
  readonly past: number
  /** Which logits are wanted: of every new token, of the last of each text, or none. */
  readonly logits: 'all' | 'last' | 'none'
}

/** Runs a text-generation export. */
export class DecoderSession implements IDisposable {
  /** The last logits, used again by the next step of as many. */
  private logits: Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer> = new Float32Array(0)

  constructor(private readonly ort: OnnxRuntime, private readonly session: InferenceSession, readonly graph: DecoderGraph) {}

  /**
   * @param past shaped [step.batch, step.past]; not read where the graph keeps no cache
   * @param present gets the rows of past and new tokens
   * @returns logits [batch, n or 1, vocabulary], float32, valid until the next step; empty when none are wanted
   * @throws InklingError `numbers-not-finite`
   */
  async run(step: DecoderStep, past: CacheRows, present: CacheRows): Promise<Float32Array> {
    const { ort, graph } = this
    const n = step.ids.length / step.batch
    const kept = this.keepsLast && step.logits !== 'all' ? 1 : n
    const feeds = this.feeds(step, n, kept)
    const fetches: Record<string, Tensor> = {}
    present.shape(step.batch, step.past + n)
    graph.cache.forEach((tensor, i) => {
      feeds[tensor.past] = this.tensor(graph.cacheType, past.tensor(i), [step.batch, tensor.heads, step.past, tensor.headDim])
      fetches[tensor.present] = this.tensor(graph.cacheType, present.tensor(i), [step.batch, tensor.heads, step.past + n, tensor.headDim])
    })
    const logits = this.logitsFor(step.logits === 'none' ? 0 : step.batch * kept)
    if (step.logits !== 'none') fetches.logits = new ort.Tensor(graph.logitsType, logits, [step.batch, kept, graph.vocabulary])
    await this.session.run(feeds, fetches)
    const values = logits instanceof Float32Array ? logits : toFloat32(new Uint8Array(logits.buffer, logits.byteOffset, logits.byteLength), 'F16')
    const wanted = step.logits === 'last' && kept > 1 ? this.lastRows(values, step.batch, n) : values
    if (!allFinite(wanted)) throw InklingError.of('numbers-not-finite', {})
    return wanted
  }

  /** @throws InklingError `tokenizer-mismatch` for an id that the model does not have */
  checkTokens(ids: Int32Array): void {
    const { vocabulary } = this.graph
    for (const id of ids) {
      if (id < 0 || id >= vocabulary) throw InklingError.of('tokenizer-mismatch', { tokens: id + 1, vocabulary })
    }
  }

  /** Whether the graph computes logits for the last token only, when asked. */
  get keepsLast(): boolean {
    return this.graph.integers.has('num_logits_to_keep')
  }

  dispose(): void {
    // Nobody can mend a failure to let go; the process that owns the session ends sooner or later.
    this.session.release().catch(() => undefined)
  }

  private feeds({ ids, batch, past, logits }: DecoderStep, n: number, kept: number): Record<string, Tensor> {
    const { ort, graph } = this
    const feeds: Record<string, Tensor> = {}
    const feed = (name: IntegerInput, values: ArrayLike<number>, shape: readonly number[]): void => {
      const type = graph.integers.get(name)
      if (type === 'int32') feeds[name] = new ort.Tensor('int32', Int32Array.from(values), shape)
      if (type === 'int64') feeds[name] = new ort.Tensor('int64', BigInt64Array.from(Array.from(values, BigInt)), shape)
    }
    feed('input_ids', ids, [batch, n])
    feed('attention_mask', new Uint8Array(batch * (past + n)).fill(1), [batch, past + n])
    feed('position_ids', Int32Array.from(ids, (_, i) => past + (i % n)), [batch, n])
    // Zero stands for all of them.
    feed('num_logits_to_keep', [logits === 'all' ? 0 : kept], [])
    if (graph.hasCacheBranch) feeds.use_cache_branch = new ort.Tensor('bool', [past > 0], [1])
    return feeds
  }

  private tensor(type: 'float32' | 'float16', data: Float32Array | Uint16Array, shape: readonly number[]): Tensor {
    return new this.ort.Tensor(type, data, shape)
  }

  private logitsFor(rows: number): Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer> {
    const size = rows * this.graph.vocabulary
    if (this.logits.length !== size) this.logits = this.graph.logitsType === 'float32' ? new Float32Array(size) : new Uint16Array(size)
    return this.logits
  }

  /** [batch, n, vocabulary] → [batch, vocabulary] */
  private lastRows(logits: Float32Array, batch: number, n: number): Float32Array {
    const { vocabulary } = this.graph
    if (batch === 1) return logits.subarray((n - 1) * vocabulary)
    const last = new Float32Array(batch * vocabulary)
    for (let text = 0; text < batch; text++) last.set(logits.subarray((text * n + n - 1) * vocabulary, (text + 1) * n * vocabulary), text * vocabulary)
    return last
  }
}
