import { describe, expect, it } from 'vitest'
import { scoreLogits } from '../../../src/language/scoreLogits'

describe('scores of tokens', () => {
  const logits = Float32Array.from([1, 3, -2, 3, 0.5, -60, 2])
  const weights = [...logits].map(Math.exp)
  const sum = weights.reduce((a, b) => a + b)

  it('are what the definitions say', () => {
    const [score] = scoreLogits(logits, Int32Array.of(6), 3, logits.length)
    expect(score?.logprob).toBeCloseTo(Math.log((weights[6] ?? NaN) / sum), 8)
    expect(score?.entropy).toBeCloseTo(-weights.reduce((all, weight) => all + (weight / sum) * Math.log(weight / sum), 0), 8)
    expect(score?.rank).toBe(2)
    // Of equal ones the lower id comes first.
    expect(score?.alternatives.map(({ id }) => id)).toEqual([1, 3, 6])
    expect(score?.alternatives[0]?.logprob).toBeCloseTo(Math.log((weights[1] ?? NaN) / sum), 8)
  })

  it('are given for each row, and list as many as there are', () => {
    const rows = Float32Array.of(0, 1, 5, -5)
    const scores = scoreLogits(rows, Int32Array.of(1, 1), 9, 2)
    expect(scores.map(({ rank, alternatives }) => [rank, alternatives.map(({ id }) => id)])).toEqual([[0, [1, 0]], [1, [0, 1]]])
    expect(scoreLogits(rows, Int32Array.of(1, 1), 0, 2)[1]?.alternatives).toEqual([])
  })

  it.each([NaN, Infinity])('are refused when a logit is %f', (value) => {
    expect(() => scoreLogits(Float32Array.of(1, value, 2), Int32Array.of(0), 0, 3)).toThrow(expect.objectContaining({ code: 'numbers-not-finite' }))
  })
})
