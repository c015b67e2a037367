import { describe, expect, it } from 'vitest'
import { HighestFirst } from '../../../src/language/highestFirst'
import { indexOfHighest, logProbability, logSumExp } from '../../../src/language/probabilities'
import { seededRandom } from '../../../src/language/random'
import { neededFor, Sampler, type Sampling } from '../../../src/language/sampling'

const greedy: Sampling = { kind: 'greedy', repetitionPenalty: 1 }

function sample(changes: Partial<Extract<Sampling, { kind: 'sample' }>>): Sampling {
  return { kind: 'sample', temperature: 1, topK: 0, topP: 1, repetitionPenalty: 1, seed: 1, ...changes }
}

function draws(sampling: Sampling, logits: readonly number[], count: number, stream = 0): number[] {
  const sampler = new Sampler(sampling, stream, new Int32Array())
  return Array.from({ length: count }, () => sampler.choose(Float32Array.from(logits)))
}

describe('the logits that have to be exact', () => {
  it.each<[string, Sampling, number | undefined]>([
    ['the highest, of greedy text', greedy, 0],
    ['all, where repeated tokens lose', { ...greedy, repetitionPenalty: 1.2 }, undefined],
    ['all, where tokens are drawn', sample({}), undefined],
  ])('are %s', (_, sampling, exactWithin) => {
    expect(neededFor(sampling).exactWithin).toBe(exactWithin)
  })
})

describe('the likeliest token', () => {
  it.each([
    [[1, 3, 2], 1],
    [[2, 5, 5, 5], 1],
    [[-Infinity, -4, -Infinity], 1],
    [[0], 0],
  ])('of %j is %i', (logits, best) => {
    expect(indexOfHighest(logits)).toBe(best)
    expect(draws(greedy, logits, 1)).toEqual([best])
  })

  it.each([[[1, Number.NaN, 2]], [[Number.NaN]], [[1, Infinity]], [[-Infinity, -Infinity]], [[]]])('of %j is an error', (logits) => {
    expect(() => indexOfHighest(logits)).toThrow('not finite')
    expect(() => logSumExp(logits)).toThrow('not finite')
    for (const sampling of [greedy, sample({}), sample({ topK: 1 }), sample({ topP: 0.5 })]) expect(() => draws(sampling, logits, 1)).toThrow('not finite')
  })
})

describe('the logarithm of a sum of exponentials', () => {
  it.each([
    [[0, 0], Math.log(2)],
    [[1000, 1000], 1000 + Math.log(2)],
    [[-1000, -1000], -1000 + Math.log(2)],
    [[5, -Infinity], 5],
  ])('of %j is %d', (logits, expected) => {
    expect(logSumExp(logits)).toBeCloseTo(expected, 12)
  })

  it('makes log-probabilities', () => {
    expect(logProbability([0, Math.log(3)], 1)).toBeCloseTo(Math.log(0.75), 12)
    expect(logProbability([0, 1], 7)).toBe(-Infinity)
  })
})

describe('repetition penalty', () => {
  it('counts the prompt and what was chosen', () => {
    const sampler = new Sampler({ kind: 'greedy', repetitionPenalty: 2 }, 0, Int32Array.of(0))
    const logits = Float32Array.of(3, 2, 1.8, -1)
    expect([0, 0, 0].map(() => sampler.choose(logits))).toEqual([1, 2, 0])
    expect([...logits]).toEqual([...Float32Array.of(3, 2, 1.8, -1)])
  })

  it('ignores tokens that the model does not have', () => {
    expect(new Sampler({ kind: 'greedy', repetitionPenalty: 2 }, 0, Int32Array.of(99, -1)).choose(Float32Array.of(1, 2))).toBe(1)
  })
})

describe('drawing', () => {
  const logits = [Math.log(0.5), Math.log(0.3), Math.log(0.2)]

  it('is the same for the same seed and stream, and different for others', () => {
    const first = draws(sample({ seed: 7 }), logits, 40)
    expect(draws(sample({ seed: 7 }), logits, 40)).toEqual(first)
    expect(draws(sample({ seed: 8 }), logits, 40)).not.toEqual(first)
    expect(draws(sample({ seed: 7 }), logits, 40, 1)).not.toEqual(first)
  })

  it('draws each token as often as it is likely', () => {
    const found = draws(sample({}), logits, 30_000)
    const shares = [0, 1, 2].map((id) => found.filter((x) => x === id).length / found.length)
    // Five standard deviations of a share of 30,000 draws.
    shares.forEach((share, id) => expect(Math.abs(share - Math.exp(logits[id] ?? 0))).toBeLessThan(0.015))
  })

  it.each([
    ['top-k 1', { topK: 1 }],
    ['a tiny top-p', { topP: 1e-9 }],
    ['top-p 0', { topP: 0 }],
    ['a temperature near zero', { temperature: 1e-6 }],
  ])('takes the likeliest with %s', (_, changes) => {
    expect(new Set(draws(sample(changes), [1, 4, 2], 50))).toEqual(new Set([1]))
  })
})

describe('random numbers', () => {
  it('are those of sfc32', () => {
    // From the published algorithm written anew in Python: a = 1, b = 2, c = 0x9e3779b9, counter = 1, after 15 rounds.
    const random = seededRandom(1, 2)
    expect([random(), random(), random()]).toEqual([0.06781670381923666, 0.7490464623143877, 0.30352632130494506])
  })

  it('fill [0, 1) evenly', () => {
    const random = seededRandom(123)
    const bins = new Array<number>(10).fill(0)
    for (let i = 0; i < 50_000; i++) {
      const bin = Math.floor(random() * 10)
      bins[bin] = (bins[bin] ?? 0) + 1
    }
    for (const count of bins) expect(Math.abs(count - 5000)).toBeLessThan(350)
  })
})

describe('HighestFirst', () => {
  it.each([
    [[3, 1, 2], [0, 2, 1]],
    [[1, 1, 1], [0, 1, 2]],
    [[-Infinity, 0, -Infinity, 0], [1, 3, 0, 2]],
    [[], []],
  ])('orders %j as %j', (values, order) => {
    const highest = new HighestFirst(values)
    expect(Array.from(values, () => highest.next())).toEqual(order)
    expect(highest.next()).toBeUndefined()
  })

  it('agrees with a stable sort', () => {
    const random = seededRandom(3)
    const values = Array.from({ length: 500 }, () => Math.floor(random() * 50))
    const highest = new HighestFirst(values)
    const sorted = values.map((value, index) => ({ value, index })).sort((a, b) => b.value - a.value)
    expect(values.map(() => highest.next())).toEqual(sorted.map(({ index }) => index))
  })
})
