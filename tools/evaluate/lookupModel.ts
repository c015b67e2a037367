import { DocumentTokens, longestMatch } from '../../src/language/documentTokens'
import type { Tokenizer } from '../../src/language/tokenizer'
import { PredictingModel } from './predictingModel'

/**
 * Prompt lookup: nothing but the document itself, and what followed the same last tokens in it. Matches are mixed from the
 * shortest to the longest, each as far as it has seen more than it has seen different things (Witten & Bell 1991).
 */
export class LookupModel extends PredictingModel {
  private readonly document = new DocumentTokens()

  constructor(tokenizer: Tokenizer) {
    super('prompt lookup', tokenizer)
  }

  /** What there is to look up in. */
  read(text: string): void {
    this.document.hold(this.tokenizer.encode(text))
  }

  override predict(tokens: readonly number[]): Float32Array {
    const probabilities = new Float32Array(this.tokenizer.vocabularySize).fill(1 / this.tokenizer.vocabularySize)
    for (const { total, counts } of this.document.followers(tokens.slice(-longestMatch))) {
      if (total === 0) break
      const shorter = counts.size / (total + counts.size)
      for (let id = 0; id < probabilities.length; id++) probabilities[id] = (probabilities[id] ?? 0) * shorter
      for (const [id, count] of counts) probabilities[id] = (probabilities[id] ?? 0) + count / (total + counts.size)
    }
    return probabilities.map(Math.log)
  }
}
