/** What to ask of the model at one caret. */
export interface ContinuationRequest {
  /** Text before the caret up to the last word boundary; its trailing space belongs to `healing`. */
  readonly prompt: string
  /**
   * What was typed since that boundary (` revol`, ` ` or nothing). Only continuations that begin with it count, and it
   * is not part of what they return (token healing).
   */
  readonly healing: string
  /**
   * Other text of the document: what stands before `prompt` and what stands behind the caret. Its names and terms come
   * easier. Undefined: only what the model says counts.
   */
  readonly background?: string
  /** 1 follows the likeliest path; more are distinct continuations, best first. */
  readonly candidates: number
  readonly limits: ContinuationLimits
  /** When so much time has passed, the words that are there are the answer; the first is looked for however long it takes. */
  readonly timeMs?: number
}

/** When a continuation ends. Probabilities are of whole words, given everything before them. */
export interface ContinuationLimits {
  /** The first word is given whole even if it takes more. */
  readonly maxTokens: number
  /** No candidate at all below this probability of the first word. */
  readonly minFirstWord: number
  /** Later words end the continuation when the joint probability of all words so far falls below this. */
  readonly minJoint: number
  /** A continuation may not run over the end of a `sentence`, or of a `line`. */
  readonly boundary: 'sentence' | 'line'
}

/** One piece of a continuation: a token's text without what was healed. */
export interface ContinuationPiece {
  readonly text: string
  /** Natural logarithm, given everything before it; of the first piece also given the healed letters. */
  readonly logprob: number
}

export interface Continuation {
  /** All pieces joined: whole words, so that a caller can show it as it is. */
  readonly text: string
  readonly pieces: readonly ContinuationPiece[]
  /**
   * Probability of the first word that is visible, given the healed letters, and that it ends where it does. When the
   * healed letters are a word already, this is the word behind it.
   */
  readonly firstWord: number
  /** Product of the probabilities of all words shown. */
  readonly joint: number
  readonly finish: 'boundary' | 'unsure' | 'length' | 'time' | 'eos'
}
