import type { LanguageModel } from '../../language/languageModel'

/** Prose as people write it, so that what is measured is what a writer will wait for. */
const text = `The letter had lain on the table since Monday, and nobody in the house had found the courage to open it. It rained
all morning, and when the rain stopped the garden smelled of earth and of the lilac that grew along the wall. She put on
her coat, took the letter and the dog, and walked down to the river, where the boats lay upside down on the grass and the
water stood so high that it touched the lowest step. There she read it twice, slowly the second time, as one reads the
words of somebody who chose them with care. Then she folded it and looked across to the other side for a long while.`

/** The first `count` tokens of an English text, or as many as fit into half of the model's context; at least one. */
export function samplePrompt({ tokenizer, contextLength }: Pick<LanguageModel, 'tokenizer' | 'contextLength'>, count: number): Int32Array {
  const fits = Math.max(1, Math.min(count, Math.floor(contextLength / 2)))
  return Int32Array.from(tokenizer.encode(text)).slice(0, fits)
}
