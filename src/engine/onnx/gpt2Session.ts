import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { InklingError } from '../../base/errors'
import type { IDisposable } from '../../base/lifecycle'
import type { CacheUse } from '../../gpt2/attention'
import type { Gpt2Config } from '../../gpt2/config'
import { allFinite } from '../../gpt2/floats'
import type { KeyValueCache } from './keyValueCache'
import type { OnnxRuntime } from './runtime'

/** New tokens to run after the first `past` rows of a cache. */
export interface Step {
  /** [n] */
  readonly ids: Int32Array
  /** [n]: the position of each in its text */
  readonly positions: Int32Array
  /** [m]: which of them want logits; may be empty */
  readonly rows: Int32Array
  /** [n, past + n]: 0 where a token sees a row, `hidden` where not */
  readonly mask: Float32Array
  readonly past: number
}

/** Added to the attention score of a row that must not be seen: far below every real score, yet finite. */
export const hidden = -1e30

/** Room for the logits of more rows than this is not kept. */
const mostKeptRows = 16

/** Runs the graph of `buildGpt2Graph`. The new rows of keys and values are written right behind the past ones. */
export class Gpt2Session implements IDisposable {
  private readonly names: readonly { readonly k: string; readonly v: string; readonly nk: string; readonly nv: string }[]
  /** Room for the logits of the largest step of a few rows, used again by the next. */
  private logits = new Float32Array(0)

  constructor(
    private readonly ort: OnnxRuntime,
    private readonly session: InferenceSession,
    private readonly config: Gpt2Config,
    private readonly cacheUse: CacheUse,
  ) {
    this.names = Array.from({ length: config.layers }, (_, l) => ({ k: `k${l}`, v: `v${l}`, nk: `nk${l}`, nv: `nv${l}` }))
  }

  /**
   * @returns logits [m, vocabulary], float32, valid until the next step
   * @throws InklingError `numbers-not-finite`
   */
  async run(step: Step, cache: KeyValueCache): Promise<Float32Array> {
    const { ort, config } = this
    const { past } = step
    const n = step.ids.length
    const m = step.rows.length
    cache.reserve(past + n)
    const logits = this.logitsFor(m)
    const feeds: Record<string, Tensor> = {
      ids: new ort.Tensor('int32', step.ids, [n]),
      pos: new ort.Tensor('int32', step.positions, [n]),
      rows: new ort.Tensor('int32', step.rows, [m]),
      mask: new ort.Tensor('float32', step.mask, [n, past + n]),
    }
    const fetches: Record<string, Tensor> = { logits: new ort.Tensor('float32', logits, [m, config.vocabulary]) }
    const inPlace = this.cacheUse === 'in-place'
    const held = inPlace ? past + n : past
    const heldShape = inPlace ? [1, held, config.width] : [held, config.heads, config.headDim]
    const newShape = inPlace ? [n, config.width] : [n, config.heads, config.headDim]
    for (const [layer, names] of this.names.entries()) {
      feeds[names.k] = new ort.Tensor('float32', cache.keyRows(layer, 0, held), heldShape)
      feeds[names.v] = new ort.Tensor('float32', cache.valueRows(layer, 0, held), heldShape)
      fetches[names.nk] = new ort.Tensor('float32', cache.keyRows(layer, past, past + n), newShape)
      fetches[names.nv] = new ort.Tensor('float32', cache.valueRows(layer, past, past + n), newShape)
    }
    await this.session.run(feeds, fetches)
    if (!allFinite(logits)) throw InklingError.of('numbers-not-finite', {})
    return logits
  }

  /** @throws InklingError `tokenizer-mismatch` for an id that the model does not have */
  checkTokens(ids: Int32Array): void {
    const { vocabulary } = this.config
    for (const id of ids) {
      if (id < 0 || id >= vocabulary) throw InklingError.of('tokenizer-mismatch', { tokens: id + 1, vocabulary })
    }
  }

  dispose(): void {
    // Nobody can mend a failure to let go; the process that owns the session ends sooner or later.
    this.session.release().catch(() => undefined)
  }

  private logitsFor(rows: number): Float32Array {
    const size = rows * this.config.vocabulary
    if (rows > mostKeptRows) return new Float32Array(size)
    if (this.logits.length < size) this.logits = new Float32Array(size)
    return this.logits.subarray(0, size)
  }
}
