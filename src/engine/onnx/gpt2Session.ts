import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { InklingError } from '../../base/errors'
import type { CacheUse } from '../../gpt2/attention'
import type { Gpt2Config } from '../../gpt2/config'
import { allFinite } from '../../gpt2/floats'
import { KeyValueCache } from './keyValueCache'
import { LogitsRoom } from './logitsRoom'
import type { OnnxRuntime } from './runtime'
import type { Step, StepRunner, Steps } from './step'

/** Room for the logits of more rows than this is not kept. */
const mostKeptRows = 16

/** Fewer tokens are quicker in one step with their logits. */
const shortestPrompt = 24

/** docs/performance.md */
const draftCosts = [{ drafted: 3, cost: 1.5 }, { drafted: 7, cost: 2.1 }] as const

/** Runs the graph of `buildGpt2Graph`. The new rows of keys and values are written right behind the past ones. */
export class Gpt2Session implements StepRunner {
  private readonly names: readonly { readonly k: string; readonly v: string; readonly nk: string; readonly nv: string }[]
  private readonly logits: LogitsRoom

  private session: Promise<InferenceSession> | undefined
  private prompts: Promise<InferenceSession | undefined> | undefined

  /**
   * @param openSession starts the graph, on the first step that needs it
   * @param isExact whether a row's numbers are the same however many others run with it
   * @param openPrompts starts the graph for prompts, on the first one that is worth it
   */
  constructor(
    private readonly ort: OnnxRuntime,
    private readonly openSession: () => Promise<InferenceSession>,
    private readonly cacheUse: CacheUse,
    private readonly config: Gpt2Config,
    private readonly isExact: boolean,
    private readonly openPrompts?: (() => Promise<InferenceSession>) | undefined,
  ) {
    this.logits = new LogitsRoom(config.vocabulary, mostKeptRows)
    this.names = Array.from({ length: config.layers }, (_, l) => ({ k: `k${l}`, v: `v${l}`, nk: `nk${l}`, nv: `nv${l}` }))
  }

  open(): GraphSteps {
    const { layers, width, positions } = this.config
    return new GraphSteps(this, new KeyValueCache(layers, width, positions), this.openPrompts === undefined ? Infinity : shortestPrompt, this.isExact ? draftCosts : undefined)
  }

  /** As `Steps.run`. */
  async run(step: Step, cache: KeyValueCache): Promise<Float32Array> {
    cache.reserve(step.past + step.ids.length)
    if (step.rows.length === 0 && (await this.states(step, cache))) return new Float32Array(0)
    const { ort, config: { vocabulary } } = this
    const m = step.rows.length
    const logits = this.logits.forRows(m)
    const { feeds, fetches } = this.tensors(step, cache)
    feeds.rows = new ort.Tensor('int32', step.rows, [m])
    fetches.logits = new ort.Tensor('float32', logits, [m, vocabulary])
    await (await this.main()).run(feeds, fetches)
    if (!allFinite(logits)) throw InklingError.of('numbers-not-finite', {})
    return logits
  }

  /**
   * Runs a step as a prompt.
   * @returns hidden states [m, width] before the last normalization, undefined where there is no graph for prompts
   */
  async states(step: Step, cache: KeyValueCache): Promise<Float32Array | undefined> {
    const prompts = await this.promptSession()
    if (!prompts) return undefined
    cache.reserve(step.past + step.ids.length)
    const { ort, config: { width } } = this
    const rows = step.rows.length === 0 ? Int32Array.of(0) : step.rows
    const states = new Float32Array(rows.length * width)
    const { feeds, fetches } = this.tensors(step, cache)
    feeds.rows = new ort.Tensor('int32', rows, [rows.length])
    fetches.states = new ort.Tensor('float32', states, [rows.length, width])
    await prompts.run(feeds, fetches)
    return states.subarray(0, step.rows.length * width)
  }

  private tensors({ ids, positions, mask, past }: Step, cache: KeyValueCache): { feeds: Record<string, Tensor>; fetches: Record<string, Tensor> } {
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
      feeds[names.k] = new ort.Tensor('float32', cache.keyRows(layer, 0, held), heldShape)
      feeds[names.v] = new ort.Tensor('float32', cache.valueRows(layer, 0, held), heldShape)
      fetches[names.nk] = new ort.Tensor('float32', cache.keyRows(layer, past, past + n), newShape)
      fetches[names.nv] = new ort.Tensor('float32', cache.valueRows(layer, past, past + n), newShape)
    }
    return { feeds, fetches }
  }

  private main(): Promise<InferenceSession> {
    this.session ??= this.openSession().catch((error: unknown) => {
      this.session = undefined
      throw error
    })
    return this.session
  }

  /** Undefined where there is none, or where it does not start: everything works without it. */
  private promptSession(): Promise<InferenceSession | undefined> {
    this.prompts ??= this.openPrompts?.().catch(() => undefined) ?? Promise.resolve(undefined)
    return this.prompts
  }

  dispose(): void {
    // Nobody can mend a failure to let go; the process that owns the session ends sooner or later.
    this.session?.then((session) => session.release()).catch(() => undefined)
    this.prompts?.then((session) => session?.release()).catch(() => undefined)
  }
}

/** Steps over a cache that graphs read and write. */
export class GraphSteps implements Steps {
  constructor(
    private readonly session: Gpt2Session,
    readonly cache: KeyValueCache,
    readonly promptTokens: number,
    readonly draftCosts: Steps['draftCosts'],
  ) {}

  run(step: Step): Promise<Float32Array> {
    return this.session.run(step, this.cache)
  }

  /** As of the session. */
  states(step: Step): Promise<Float32Array | undefined> {
    return this.session.states(step, this.cache)
  }

  release(): void {
    this.cache.release()
  }
}
