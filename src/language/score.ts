import type { LanguageModel, TokenScore } from './languageModel'
import { pieceTexts } from './pieces'
import { toUtf8 } from './utf8'
import type { WarmContext } from './warmContext'

export interface ScoredToken extends TokenScore {
  /** Joined, these are the text; a character split over tokens belongs to the last of them. */
  readonly text: string
}

export interface TextScore {
  readonly tokens: readonly ScoredToken[]
  /** Information in all tokens but the first, which has nothing before it. */
  readonly bits: number
  /** Length of the whole text in UTF-8. */
  readonly bytes: number
}

/**
 * How likely the model finds each token of `text`. A text longer than the context is read in windows that overlap by half:
 * each token is scored once, with at least half a context before it from the second window on.
 * @param alternatives how many of the likeliest tokens to list at each position
 * @param progress called with the share that is done, in [0, 1]
 * @throws InklingError `numbers-not-finite`; CancelledError between windows
 */
export async function scoreText(
  model: LanguageModel,
  context: WarmContext,
  text: string,
  alternatives: number,
  progress: (done: number) => void = () => {},
  signal?: AbortSignal,
): Promise<TextScore> {
  const ids = model.tokenizer.encode(text)
  const overlap = model.contextLength >> 1
  const scores: TokenScore[] = []
  context.truncate(0)
  while (scores.length < ids.length) {
    const done = scores.length
    if (done > 0) await context.advance(ids.subarray(done - overlap, done), signal)
    const end = done === 0 ? model.contextLength : done + model.contextLength - overlap
    for (const score of await context.score(ids.subarray(done, end), alternatives, signal)) scores.push(score)
    progress(scores.length / ids.length)
  }
  const pieces = pieceTexts(model.tokenizer, ids, text)
  const nats = scores.reduce((sum, score) => sum - (score.logprob ?? 0), 0)
  return {
    tokens: scores.map((score, index) => ({ ...score, text: pieces[index] ?? '' })),
    bits: nats / Math.LN2,
    bytes: toUtf8(text).length,
  }
}
