import { describe, expect, it } from 'vitest'
import { Random } from '../../../src/gan/random'

describe('Random', () => {
  it('gives the numbers of the published xoshiro128** for the state 1, 2, 3, 4', () => {
    const random = Random.restore([1, 2, 3, 4])
    expect(Array.from({ length: 6 }, () => random.uint32())).toEqual([11520, 0, 5927040, 70819200, 2031721883, 1637235492])
  })

  it('goes on from its state exactly', () => {
    const random = Random.from(42, 'training')
    random.fillNormal(new Float32Array(7))
    const state = random.state
    const next = random.fillNormal(new Float32Array(100))
    expect(Random.restore(state).fillNormal(new Float32Array(100))).toEqual(next)
  })

  it('has a stream of its own for each purpose and seed', () => {
    const firsts = [Random.from(1, 'weights'), Random.from(1, 'training'), Random.from(2, 'training')].map((random) => random.uint32())
    expect(new Set(firsts).size).toBe(3)
  })

  it('draws normal numbers with the moments of a standard normal', () => {
    const n = 200_000
    const numbers = Random.from(3, 'sample').fillNormal(new Float32Array(n))
    const moment = (power: number): number => numbers.reduce((sum, x) => sum + x ** power, 0) / n
    // Four standard errors of each moment.
    expect(Math.abs(moment(1))).toBeLessThan(4 / Math.sqrt(n))
    expect(Math.abs(moment(2) - 1)).toBeLessThan(4 * Math.sqrt(2 / n))
    expect(Math.abs(moment(3))).toBeLessThan(4 * Math.sqrt(15 / n))
    expect(Math.abs(moment(4) - 3)).toBeLessThan(4 * Math.sqrt(96 / n))
  })
})
