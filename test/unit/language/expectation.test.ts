import { describe, expect, it } from 'vitest'
import { DocumentTokens } from '../../../src/language/documentTokens'
import { blendedProbability, blendOf, DocumentExpectation, ModelExpectation } from '../../../src/language/expectation'
import { seededRandom } from '../../../src/language/random'
import { TokenTable } from '../../../src/language/tokenTable'
import { embeddedTokenizer } from '../../support/embeddedTokenizer'

const table = new TokenTable(embeddedTokenizer)

function documentOf(text: string): DocumentTokens {
  const document = new DocumentTokens()
  document.hold(embeddedTokenizer.encode(text))
  return document
}

/** [vocabulary] */
function someLogits(): Float32Array {
  const random = seededRandom(7)
  return Float32Array.from({ length: embeddedTokenizer.vocabularySize }, () => 6 * random() - 20)
}

function probabilities(logits: Float32Array, logSum: number): Float64Array {
  return Float64Array.from(logits, (logit) => Math.exp(logit - logSum))
}

describe('What is expected beside a document', () => {
  const text = 'The Dormouse slept. Alice looked at the Dormouse, and the Dormouse'
  const document = documentOf(text)
  const logits = someLogits()
  const path = Array.from(embeddedTokenizer.encode(' slept'))
  const { logits: mixed, next } = new DocumentExpectation(table, document).after(path, logits)
  const before = Array.from(embeddedTokenizer.encode(text + ' slept')).slice(-3)

  it('is the blend of both, for every token', () => {
    const blend = blendOf(document.followers(before))
    const own = probabilities(logits, table.summarize(logits).logSum)
    const both = probabilities(mixed, next.logSum)
    for (const [id, probability] of own.entries()) expect(both[id]).toBeCloseTo(blendedProbability(blend, id, probability), 6)
    expect(both.reduce((sum, probability) => sum + probability, 0)).toBeCloseTo(1, 5)
  })

  it('is summarized as it is', () => {
    const anew = table.summarize(mixed)
    expect(next.logSum).toBeCloseTo(anew.logSum, 4)
    expect(Array.from(next.mass)).toEqual(Array.from(anew.mass, (share) => expect.closeTo(share, 5) as number))
    expect(next.best.map((choice) => choice?.id)).toEqual(anew.best.map((choice) => choice?.id))
  })

  it('leaves the model’s own numbers as they were', () => {
    expect(logits).toEqual(someLogits())
    expect(new ModelExpectation(table).after(path, logits).logits).toBe(logits)
  })

  it('is what followed there, and the more so the more often it did', () => {
    const trusted = (times: number): number => blendOf(documentOf('Alice saw the Gryphon. '.repeat(times)).followers(Array.from(embeddedTokenizer.encode('Alice saw the')))).left
    const left = [1, 2, 4, 8].map(trusted)
    expect(left).toEqual([...left].sort((a, b) => b - a))
    expect(new Set(left).size).toBe(4)
  })
})
