import { describe, expect, it } from 'vitest'
import { afterAnswer, afterKey, delayBeforeAsking, initialRhythm, type Rhythm } from '../../../src/completion/schedule'

const rhythm = (keyIntervalMs: number, answerMs: number): Rhythm => ({ lastKeyAt: 0, keyIntervalMs, answerMs })

describe('the delay before asking', () => {
  it.each<[string, Rhythm, number, number]>([
    ['none when the answer comes before the next key', rhythm(180, 60), 0, 0],
    ['none before anything was measured', initialRhythm, 0, 0],
    ['as long as the answer is late', rhythm(180, 200), 0, 70],
    ['not much longer than a pause between two keys', rhythm(120, 2_000), 0, 144],
    ['never longer than a third of a second', rhythm(600, 5_000), 0, 300],
    ['at least what the writer set', rhythm(180, 60), 500, 500],
  ])('%s', (_, measured, least, delay) => {
    expect(delayBeforeAsking(measured, least)).toBe(delay)
  })
})

describe('the rhythm', () => {
  it('follows the keys of a burst and not the pauses', () => {
    let state = initialRhythm
    for (let at = 0; at <= 6_000; at += 100) state = afterKey(state, at)
    expect(state.keyIntervalMs).toBeCloseTo(100, 0)
    expect(afterKey(state, 60_000).keyIntervalMs).toBe(state.keyIntervalMs)
  })

  it('follows the time that answers take', () => {
    let state = initialRhythm
    for (let index = 0; index < 30; index++) state = afterAnswer(state, 400)
    expect(state.answerMs).toBeCloseTo(400, 0)
  })
})
