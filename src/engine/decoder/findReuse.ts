import type { DecoderSession } from './decoderSession'
import { Sequence, type Reuse } from './sequence'

/**
 * Some exports answer wrongly, without a word, when they go on with several tokens at once or at all: their mask was
 * traced for one token. So each is asked for the same text in one go and in pieces before its cache is relied on.
 *
 * Pieces need not answer with the same bits: graphs that quantize activations choose a scale for each piece. What a cache
 * that does not work answers differs by as much as the logits of different texts do.
 */
const mostDifference = 0.3

const wholeText = 6
/** Lengths of the pieces. */
const attempts: readonly (readonly [Reuse, readonly number[]])[] = [['chunks', [3, 3]], ['tokens', [3, 1, 1, 1]]]

/** @throws InklingError `numbers-not-finite` */
export async function findReuse(session: DecoderSession): Promise<Reuse> {
  if (session.graph.cache.length === 0) return 'none'
  // From all over the vocabulary; what they mean does not matter.
  const text = Int32Array.from({ length: wholeText }, (_, i) => Math.floor(((i + 1) * session.graph.vocabulary) / (wholeText + 2)))
  const expected = await lastLogits(session, text, [wholeText])
  for (const [reuse, pieces] of attempts) {
    if (difference(await lastLogits(session, text, pieces), expected) < mostDifference) return reuse
  }
  return 'none'
}

async function lastLogits(session: DecoderSession, text: Int32Array, pieces: readonly number[]): Promise<Float32Array> {
  const sequence = new Sequence(session, 'chunks', text.length)
  let last: Float32Array = new Float32Array(0)
  for (const length of pieces) {
    await sequence.append(text.subarray(sequence.length, sequence.length + length), 'last', (logits) => { last = logits.slice() })
  }
  return last
}

/** Root mean square of the difference, as a share of the standard deviation of `expected`. */
export function difference(actual: Float32Array, expected: Float32Array): number {
  const mean = expected.reduce((sum, value) => sum + value, 0) / expected.length
  const variance = expected.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  const error = expected.reduce((sum, value, i) => sum + (value - (actual[i] ?? NaN)) ** 2, 0)
  return Math.sqrt(error / variance)
}
