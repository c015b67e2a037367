import type { ContinuationLimits } from '../language/continuation'
import type { Caret } from './context'
import type { CompletionSettings, Confidence } from './settings'
import type { Trigger } from './trigger'

interface Threshold {
  readonly minFirstWord: number
  readonly minJoint: number
}

/**
 * Of all that suggest the wrong word at most once in ten, five or three times, also where the texts were lucky, the pair that
 * saves most keys with the model inside the extension: `npm run evaluate -- --write-thresholds` puts them here, docs/evaluation.md has the curve.
 */
const automatic: Readonly<Record<Confidence, Threshold>> = {
  quiet: { minFirstWord: 0.9, minJoint: 0.045 },
  balanced: { minFirstWord: 0.7, minJoint: 0.035 },
  eager: { minFirstWord: 0.45, minJoint: 0.045 },
}

/** Whoever asks wants to see something; the length still follows the confidence. */
const explicit: Threshold = { minFirstWord: 0.01, minJoint: 0.002 }

/** In the middle of a sentence what follows limits what fits, and the model does not see it: be surer, and shorter. */
const middle = { factor: 1.5, highest: 0.9, words: 4 }

/** A word is about 1.3 tokens with a vocabulary of 50,000 and 1.6 with one of 8,000; some are names. */
const tokensPerWord = 2

export const explicitCandidates = 3

/** When a continuation at this caret ends. */
export function limitsFor(settings: CompletionSettings, trigger: Trigger['kind'], caret: Pick<Caret, 'after' | 'unit'>): ContinuationLimits {
  const chosen = trigger === 'explicit' ? explicit : automatic[settings.confidence]
  const inMiddle = caret.after.trim() !== ''
  const stricter = (value: number): number => (inMiddle && trigger === 'automatic' ? Math.min(middle.highest, value * middle.factor) : value)
  const words = inMiddle ? Math.min(settings.maxWords, middle.words) : settings.maxWords
  return {
    maxTokens: words * tokensPerWord,
    minFirstWord: stricter(chosen.minFirstWord),
    minJoint: stricter(chosen.minJoint),
    boundary: caret.unit,
  }
}
