import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { InklingError } from '../../base/errors'
import type { IDisposable } from '../../base/lifecycle'
import type { CacheUse } from '../../gpt2/attention'
import type { Gpt2Config } from '../../gpt2/config'
import { allFinite } from '../../gpt2/floats'
import type { CreatedSession } from './createSession'
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

  private readonly session: InferenceSession
  private readonly cacheUse: CacheUse
  private prompts: Promise<InferenceSession | undefined> | undefined

  /** @param openPrompts starts the graph for prompts, on the first one that is worth it */
  constructor(
    private readonly ort: OnnxRuntime,
    { session, cacheUse }: Pick<CreatedSession, 'session' | 'cacheUse'>,
    private readonly config: Gpt2Config,
    private readonly openPrompts?: (() => Promise<InferenceSession>) | undefined,
  ) {
    this.session = session
    this.cacheUse = cacheUse
    this.names = Array.from({ length: config.layers }, (_, l) => ({ k: `k${l}`, v: `v${l}`, nk: `nk${l}`, nv: `nv${l}` }))
  }

  /** Whether many tokens without logits are quicker than with those of the last. */
  get readsPrompts(): boolean {
    return this.openPrompts !== undefined
  }

  /**
   * @returns logits [m, vocabulary], float32, valid until the next step
   * @throws InklingError `numbers-not-finite`
   */
  async run(step: Step, cache: KeyValueCache): Promise<Float32Array> {
    cache.reserve(step.past + step.ids.length)
    const prompts = step.rows.length === 0 ? await this.promptSession() : undefined
    if (prompts) {
      await this.runPrompt(prompts, step, cache)
      return new Float32Array(0)
    }
    const { ort, config: { layers, vocabulary } } = this
    const m = step.rows.length
    const logits = this.logitsFor(m)
    const { feeds, fetches } = this.tensors(step, cache, layers)
    feeds.rows = new ort.Tensor('int32', step.rows, [m])
    fetches.logits = new ort.Tensor('float32', logits, [m, vocabulary])
    await this.session.run(feeds, fetches)
    if (!allFinite(logits)) throw InklingError.of('numbers-not-finite', {})
    return logits
  }

  private async runPrompt(prompts: InferenceSession, step: Step, cache: KeyValueCache): Promise<void> {
    // The last layer reads no rows: it only gives its own.
    const { feeds, fetches } = this.tensors(step, cache, this.config.layers - 1)
    await prompts.run(feeds, fetches)
  }

  /** @param reading layers that read their rows of the cache */
  private tensors({ ids, positions, mask, past }: Step, cache: KeyValueCache, reading: number): { feeds: Record<string, Tensor>; fetches: Record<string, Tensor> } {
    const { ort, config: { width, heads, headDim } } = this
    const n = ids.length
    const feeds: Record<string, Tensor> = {
      ids: new ort.Tensor('int32', ids, [n]),
      pos: new ort.Tensor('int32', positions, [n]),
      mask: new ort.Tensor('float32', mask, [n, past + n]),
    }
    const fetches: Record<string, Tensor> = {}
    const inPlace = this.cacheUse === 'in-place'
    const held = inPlace ? past + n : past
    const heldShape = inPlace ? [1, held, width] : [held, heads, headDim]
    const newShape = inPlace ? [n, width] : [n, heads, headDim]
    for (const [layer, names] of this.names.entries()) {
      if (layer < reading) {
        feeds[names.k] = new ort.Tensor('float32', cache.keyRows(layer, 0, held), heldShape)
        feeds[names.v] = new ort.Tensor('float32', cache.valueRows(layer, 0, held), heldShape)
      }
      fetches[names.nk] = new ort.Tensor('float32', cache.keyRows(layer, past, past + n), newShape)
      fetches[names.nv] = new ort.Tensor('float32', cache.valueRows(layer, past, past + n), newShape)
    }
    return { feeds, fetches }
  }

  /** Undefined where there is none, or where it does not start: everything works without it. */
  private promptSession(): Promise<InferenceSession | undefined> {
    this.prompts ??= this.openPrompts?.().catch(() => undefined) ?? Promise.resolve(undefined)
    return this.prompts
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
    this.prompts?.then((session) => session?.release()).catch(() => undefined)
  }

  private logitsFor(rows: number): Float32Array {
    const size = rows * this.config.vocabulary
    if (rows > mostKeptRows) return new Float32Array(size)
    if (this.logits.length < size) this.logits = new Float32Array(size)
    return this.logits.subarray(0, size)
  }
}
