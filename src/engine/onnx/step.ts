import type { IDisposable } from '../../base/lifecycle'
import type { Context, TokenScore } from '../../language/languageModel'

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
  /** As of `Exactness`. A graph's logits are all exact. */
  readonly exactWithin: number
}

/** Added to the attention score of a row that must not be seen: far below every real score, yet finite. */
export const hidden = -1e30

/** The steps of one context, with the keys and values that they leave. Calls do not overlap. */
export interface Steps {
  /**
   * Rows behind `past` are forgotten.
   * @returns logits [m, vocabulary], float32, valid until the next step
   * @throws InklingError `numbers-not-finite`
   */
  run(step: Step): Promise<Float32Array>
  /**
   * Runs a step and says how likely `targets` were, the tokens that followed its rows, without giving all logits out.
   * Undefined where logits are as good.
   */
  readonly score?: (step: Step, targets: Int32Array, alternatives: number) => Promise<readonly TokenScore[]>
  /** So many tokens and more are quicker without logits, with the last one alone behind them. */
  readonly promptTokens: number
  /** As of `Context`. */
  readonly draftCosts: Context['draftCosts']
  release(): void
}

/** What the contexts of a model run on. */
export interface StepRunner extends IDisposable {
  open(): Steps
}
