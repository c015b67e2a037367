import { setImmediate as nextTurn } from 'node:timers/promises'
import type { IDisposable } from '../../base/lifecycle'
import type { Gpt2Config } from '../../gpt2/config'
import type { GraphSteps, Gpt2Session } from '../onnx/gpt2Session'
import type { Step, StepRunner, Steps } from '../onnx/step'
import type { LaneCache, LaneDecoder } from './laneDecoder'

/** More tokens at once are quicker as a graph, whose products are made for many. */
const fewTokens = 16

/** What checking drafts costs where it gives the very numbers of single tokens (docs/performance.md). */
const draftCosts = [{ drafted: 3, cost: 1.8 }, { drafted: 7, cost: 3.2 }] as const

/** Prompts of so many tokens run in a twentieth of a second through layers of so few weights: no graph is opened for them. */
const small = { weights: 1 << 24, tokens: 128 } as const

/** Whether most prompts need no graph. */
export function isSmall({ layers, width, inner }: Gpt2Config): boolean {
  return layers * width * (4 * width + 2 * inner) <= small.weights
}

/** The graphs of the same weights, opened when they are wanted first. */
export interface GraphSource extends IDisposable {
  open(): Promise<Gpt2Session>
}

/**
 * Steps of few tokens on the decoder, of many as a graph. Both read the same weights in 8 or 4 bits; each has keys and
 * values of its own, and takes from the other what it lacks when its turn comes.
 */
export class LaneRunner implements StepRunner {
  constructor(
    private readonly decoder: LaneDecoder,
    private readonly graphs: GraphSource,
    private readonly config: Gpt2Config,
  ) {}

  open(): Steps {
    return new LaneSteps(this.decoder, this.graphs, this.config.layers, (step) => this.suitsDecoder(step))
  }

  dispose(): void {
    this.decoder.dispose()
    this.graphs.dispose()
  }

  /** Which of the two runs a step depends on nothing but the step, so that the same text gives the same numbers. */
  private suitsDecoder(step: Step): boolean {
    if (!this.decoder.takes(step)) return false
    return step.ids.length <= fewTokens || (isSmall(this.config) && step.past + step.ids.length <= small.tokens)
  }
}

class LaneSteps implements Steps {
  readonly promptTokens = fewTokens + 1
  readonly draftCosts: Steps['draftCosts']
  private readonly cache: LaneCache | undefined
  /** How many rows each side has. */
  private decoderRows = 0
  private graphRows = 0
  private graph: GraphSteps | undefined

  constructor(
    private readonly decoder: LaneDecoder,
    private readonly graphs: GraphSource,
    private readonly layers: number,
    private readonly suitsDecoder: (step: Step) => boolean,
  ) {
    try {
      this.cache = decoder.openCache()
      this.draftCosts = draftCosts
    } catch {
      // No room for one more context: this one runs as a graph.
    }
  }

  async run(step: Step): Promise<Float32Array> {
    const end = step.past + step.ids.length
    if (this.cache && this.suitsDecoder(step)) {
      // The decoder works in this thread: what has come in the meantime, such as a wish to stop, is heard before.
      await nextTurn()
      this.bringDecoder(this.cache, step.past)
      this.graphRows = Math.min(this.graphRows, step.past)
      this.decoderRows = step.past
      const logits = this.decoder.run(step, this.cache)
      this.decoderRows = end
      return logits
    }
    const graph = (this.graph ??= (await this.graphs.open()).open())
    this.bringGraph(graph, step.past)
    this.decoderRows = Math.min(this.decoderRows, step.past)
    this.graphRows = step.past
    const logits = await graph.run(step)
    this.graphRows = end
    return logits
  }

  release(): void {
    if (this.cache) this.decoder.closeCache(this.cache)
    this.graph?.release()
  }

  private bringDecoder(cache: LaneCache, rows: number): void {
    const { decoderRows: from, graph } = this
    if (from >= rows || !graph) return
    for (let layer = 0; layer < this.layers; layer++) {
      this.decoder.keep(cache, 'keys', layer, from, graph.cache.keyRows(layer, from, rows))
      this.decoder.keep(cache, 'values', layer, from, graph.cache.valueRows(layer, from, rows))
    }
    // Twice as large as the decoder's, and seldom wanted again: the next long prompt fills another one.
    graph.release()
    this.graph = undefined
    this.graphRows = 0
  }

  private bringGraph(graph: GraphSteps, rows: number): void {
    const { graphRows: from, cache } = this
    if (from >= rows || !cache) return
    graph.cache.reserve(rows)
    for (let layer = 0; layer < this.layers; layer++) {
      this.decoder.give(cache, 'keys', layer, from, graph.cache.keyRows(layer, from, rows))
      this.decoder.give(cache, 'values', layer, from, graph.cache.valueRows(layer, from, rows))
    }
  }
}
