import { setImmediate as nextTurn } from 'node:timers/promises'
import type { IDisposable } from '../../base/lifecycle'
import type { Gpt2Config } from '../../gpt2/config'
import type { TokenScore } from '../../language/languageModel'
import { scoreLogits } from '../../language/scoreLogits'
import type { GraphSteps, Gpt2Session } from '../onnx/gpt2Session'
import { LogitsRoom } from '../onnx/logitsRoom'
import type { Step, StepRunner, Steps } from '../onnx/step'
import type { LaneCache, LaneDecoder } from './laneDecoder'

/**
 * More tokens at once are quicker as a graph, whose products are made for many: where layers are small, where they are not, and
 * at the beginning of a text, when there may be no graph yet.
 */
const fewTokens = { small: 16, large: 4, first: 16 } as const

/** More than these of large layers are a prompt, which the decoder multiplies in a rougher way. */
const mostExact = 16

/** Room for the logits of more rows than this is not kept. */
const mostKeptRows = 4

/** What checking drafts costs where it gives the very numbers of single tokens (docs/performance.md). */
const draftCosts = { small: [{ drafted: 3, cost: 1.8 }, { drafted: 7, cost: 3.2 }], large: { 8: [{ drafted: 3, cost: 1.4 }, { drafted: 7, cost: 2.3 }], 4: [{ drafted: 3, cost: 1.9 }, { drafted: 7, cost: 3.1 }] } } as const

/** Prompts of so many tokens run through layers of so few weights in a tenth of a second: no longer than graphs take to open. */
const small = { weights: 1 << 24, tokens: 512 } as const

/** Whether most prompts need no graph. */
export function isSmall({ layers, width, inner }: Gpt2Config): boolean {
  return layers * width * (4 * width + 2 * inner) <= small.weights
}

/** The graphs of the same weights, opened when they are wanted first. */
export interface GraphSource extends IDisposable {
  open(): Promise<Gpt2Session>
}

/** What runs prompts: where vectors are wide the decoder alone is quick enough. */
export type Prompts = 'decoder' | 'graph'

/**
 * Steps of few tokens on the decoder, of many there, too, or as a graph. Both read the same weights in 8 or 4 bits; each has
 * keys and values of its own, and takes from the other what it lacks when its turn comes.
 */
export class LaneRunner implements StepRunner {
  constructor(
    private readonly decoder: LaneDecoder,
    private readonly graphs: GraphSource,
    private readonly config: Gpt2Config,
    private readonly prompts: Prompts,
  ) {}

  open(): Steps {
    return new LaneSteps(this.decoder, this.graphs, this.config, this.draftCosts(), (step) => this.wayOf(step))
  }

  dispose(): void {
    this.decoder.dispose()
    this.graphs.dispose()
  }

  /** Graphs round otherwise when they check drafts. */
  private draftCosts(): Steps['draftCosts'] {
    if (isSmall(this.config)) return draftCosts.small
    return this.prompts === 'decoder' ? draftCosts.large[this.decoder.bits] : undefined
  }

  /** It depends on nothing but the step, so that the same text gives the same numbers. */
  private wayOf(step: Step): Way {
    if (!this.decoder.takes(step)) return 'graph'
    const n = step.ids.length
    if (isSmall(this.config)) return this.prompts === 'decoder' || n <= fewTokens.small || step.past + n <= small.tokens ? 'exact' : 'graph'
    if (this.prompts === 'decoder') return n <= mostExact ? 'exact' : 'prompt'
    return n <= fewTokens.large || (step.past === 0 && n <= fewTokens.first) ? 'exact' : 'graph'
  }
}

/** How a step runs: on the decoder, each token as if it ran alone or not, or as a graph. */
type Way = 'exact' | 'prompt' | 'graph'

class LaneSteps implements Steps {
  readonly promptTokens = Infinity
  private cache: LaneCache | undefined
  /** How many rows each side has. */
  private decoderRows = 0
  private graphRows = 0
  private graph: GraphSteps | undefined
  private readonly logits: LogitsRoom

  constructor(
    private readonly decoder: LaneDecoder,
    private readonly graphs: GraphSource,
    private readonly config: Gpt2Config,
    private readonly drafts: Steps['draftCosts'],
    private readonly wayOf: (step: Step) => Way,
  ) {
    this.logits = new LogitsRoom(config.vocabulary, mostKeptRows)
    try {
      this.cache = decoder.openCache()
    } catch {
      // No room for one more context: this one runs as a graph.
    }
  }

  get draftCosts(): Steps['draftCosts'] {
    return this.cache && this.drafts
  }

  async run(step: Step): Promise<Float32Array> {
    const onDecoder = await this.onDecoder(step, (cache, isPrompt) => this.decoder.run(step, cache, isPrompt, this.logits.forRows(step.rows.length)))
    return onDecoder ?? this.asGraph(step, (states) => this.decoder.head(states), (logits) => logits)
  }

  async score(step: Step, targets: Int32Array, alternatives: number): Promise<readonly TokenScore[]> {
    const onDecoder = await this.onDecoder(step, (cache, isPrompt) => this.decoder.score(step, cache, isPrompt, targets, alternatives))
    return onDecoder ?? this.asGraph(step, (states) => this.decoder.scoreStates(states, targets, alternatives), (logits) => scoreLogits(logits, targets, alternatives, this.config.vocabulary))
  }

  /** Runs a step as a graph, which gives hidden states or logits. */
  private async asGraph<T>(step: Step, ofStates: (states: Float32Array) => T, ofLogits: (logits: Float32Array) => T): Promise<T> {
    const graph = (this.graph ??= (await this.graphs.open()).open())
    this.bringGraph(graph, step.past)
    this.decoderRows = Math.min(this.decoderRows, step.past)
    this.graphRows = step.past
    const states = await graph.states(step)
    const result = states ? ofStates(states) : ofLogits(await graph.run(step))
    this.graphRows = step.past + step.ids.length
    return result
  }

  /** @returns undefined where a step runs as a graph */
  private async onDecoder<T>(step: Step, run: (cache: LaneCache, isPrompt: boolean) => T): Promise<T | undefined> {
    const way = this.wayOf(step)
    if (!this.cache || way === 'graph') return undefined
    // The decoder works in this thread: what has come in the meantime, such as a wish to stop, is heard before.
    await nextTurn()
    this.bringDecoder(this.cache, step.past)
    this.graphRows = Math.min(this.graphRows, step.past)
    this.decoderRows = step.past
    const result = run(this.cache, way === 'prompt')
    this.decoderRows = step.past + step.ids.length
    return result
  }

  release(): void {
    // Once: given back twice, it would be lent to two.
    if (this.cache) this.decoder.closeCache(this.cache)
    this.cache = undefined
    this.graph?.release()
  }

  private bringDecoder(cache: LaneCache, rows: number): void {
    const { decoderRows: from, graph } = this
    if (from >= rows || !graph) return
    for (let layer = 0; layer < this.config.layers; layer++) {
      this.decoder.keep(cache, 'keys', layer, from, graph.cache.keyRows(layer, from, rows))
      this.decoder.keep(cache, 'values', layer, from, graph.cache.valueRows(layer, from, rows))
    }
  }

  private bringGraph(graph: GraphSteps, rows: number): void {
    const { graphRows: from, cache } = this
    if (from >= rows || !cache) return
    graph.cache.reserve(rows)
    for (let layer = 0; layer < this.config.layers; layer++) {
      this.decoder.give(cache, 'keys', layer, from, graph.cache.keyRows(layer, from, rows))
      this.decoder.give(cache, 'values', layer, from, graph.cache.valueRows(layer, from, rows))
    }
  }
}
