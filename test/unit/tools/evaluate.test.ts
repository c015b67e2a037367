import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Completer } from '../../../src/completion/completer'
import { defaultSettings } from '../../../src/completion/settings'
import { accept, firstWordIsRight, nextWordEnd } from '../../../tools/evaluate/acceptance'
import { chartOf } from '../../../tools/evaluate/chart'
import { withThresholds } from '../../../tools/evaluate/chosen'
import { cut, type Answer } from '../../../tools/evaluate/recorder'
import type { Sample } from '../../../tools/evaluate/samples'
import { best, wrongShareAtMost, type Point } from '../../../tools/evaluate/sweep'
import { write } from '../../../tools/evaluate/typist'
import { ManualClock } from '../../support/manualClock'
import { sure } from '../completion/support'

describe('Accept Next Word', () => {
  it.each([
    ['world again', 'world'],
    [' world again', ' world'],
    [', and then', ', '],
    ["n't go", 'n'],
    ['.', '.'],
  ])('takes of %j first %j', (text, taken) => {
    expect(text.slice(0, nextWordEnd(text))).toBe(taken)
  })
})

describe('A writer accepts', () => {
  it.each([
    ['all that is right with one key', 'ld is round.', 'ld is round. So', 12, 1],
    ['word by word what is right', 'ld is flat', 'ld is round', 5, 2],
    ['nothing that is wrong at once', 'flat', 'round', 0, 0],
    ['nothing where a key saves none', 'a', 'a dog', 0, 0],
    ['not half a word', 'rounded', 'round and', 0, 0],
  ])('%s', (_what, shown, wanted, characters, keys) => {
    expect(accept(shown, wanted)).toEqual({ characters, keys })
  })
})

describe('The first word of a suggestion', () => {
  it.each([
    ['The wor', 'ld is', 'ld was', true],
    ['The wor', 'ld is', 'lds are', false],
    ['The wor', 'k', 'ld', false],
    ['I do', "n't know", "n't see", true],
    ['I do', ' not', "n't", false],
    ['He said, ', '"Come', '"Come here', true],
  ])('behind %j is %j, and the writer goes on with %j: right is %j', (before, shown, wanted, right) => {
    expect(firstWordIsRight(shown, before, wanted)).toBe(right)
  })
})

describe('A recorded answer', () => {
  const answer: Answer = { text: 'one two three', firstWord: 0.6, words: [[3, 0.6], [7, 0.3], [13, 0.1]], finish: 'boundary' }

  it.each([
    [{ minFirstWord: 0.5, minJoint: 0.05 }, 'one two three', 'boundary'],
    [{ minFirstWord: 0.5, minJoint: 0.2 }, 'one two', 'unsure'],
    [{ minFirstWord: 0.5, minJoint: 0.9 }, 'one', 'unsure'],
  ] as const)('under %j is %j', (thresholds, text, finish) => {
    expect(cut(answer, thresholds)).toMatchObject([{ text, finish }])
  })

  it('is nothing below the first word’s threshold', () => {
    expect(cut(answer, { minFirstWord: 0.7, minJoint: 0 })).toEqual([])
  })
})

describe('Chosen thresholds', () => {
  const source = readFileSync('src/completion/thresholds.ts', 'utf8')
  const of = (minFirstWord: number) => ({ minFirstWord, minJoint: 0.05 })

  it('take the place of those in the product and of nothing else', () => {
    const written = withThresholds(source, { quiet: of(0.91), balanced: of(0.61), eager: of(0.31) })
    expect(written.match(/\{ minFirstWord: 0\.[369]1, minJoint: 0\.05 \}/g)).toHaveLength(3)
    const others = (text: string): string => text.replace(/\n {2}(?:quiet|balanced|eager): .*/g, '')
    expect(others(written)).toBe(others(source))
  })

  it('are refused where they have no place', () => {
    expect(() => withThresholds('', { quiet: of(0.9), balanced: of(0.6), eager: of(0.3) })).toThrow('names quiet 0 times')
  })
})

describe('Writing a sample', () => {
  const sample: Sample = { name: 'a', kind: 'prose', languageId: 'plaintext', text: 'I slept well. We walk back.', from: 14, to: 27 }

  it('counts a suggestion that is typed through once, and what accepting it takes', async () => {
    const continuer = { continue: async ({ prompt, healing }: { prompt: string; healing: string }) => (`${prompt}${healing}`.endsWith('We ') ? [sure('walk home.')] : []) }
    const completer = new Completer(continuer, new ManualClock(), { lookAhead: false })
    // “We ” is typed, “walk” is accepted, “ back.” is typed.
    expect(await write(sample, completer, defaultSettings)).toEqual({ characters: 13, keys: 3 + 1 + 6, shown: 1, wrong: 0, accepted: 1 })
  })
})

describe('The threshold that is chosen', () => {
  const written = (minFirstWord: number, keys: number, wrong: number, shown: number): Point => {
    const session = { characters: shown * 8, keys: keys * shown * 8, shown, wrong: wrong * shown, accepted: 0 }
    return { minFirstWord, minJoint: 0.05, prose: session, documentation: session }
  }

  it.each([
    ['saves most of those that are wrong seldom enough', [written(0.5, 0.5, 0.3, 1000), written(0.6, 0.6, 0.15, 1000), written(0.7, 0.7, 0.1, 1000)], 0.6],
    ['keeps a margin', [written(0.5, 0.5, 0.199, 1000), written(0.6, 0.6, 0.15, 1000)], 0.6],
    ['keeps a smaller one where more was shown', [written(0.5, 0.5, 0.199, 1_000_000), written(0.6, 0.6, 0.15, 1_000_000)], 0.5],
    ['is none where all are wrong too often', [written(0.5, 0.5, 0.3, 1000)], undefined],
  ])('%s', (_what, points, expected) => {
    expect(best(points, 0.2)?.minFirstWord).toBe(expected)
  })

  it('allows for one sample in twenty', () => {
    expect(wrongShareAtMost(written(0.5, 0.5, 0.2, 1000))).toBeCloseTo(0.2 + 1.645 * Math.sqrt((0.2 * 0.8) / 2000))
  })
})

describe('The chart', () => {
  const session = { characters: 1000, shown: 100, accepted: 80 }
  const point = (saved: number, wrong: number): Point => {
    const half = { ...session, keys: 1000 - saved * 1000, wrong: wrong * 100 }
    return { minFirstWord: 0.5, minJoint: 0.05, prose: half, documentation: half }
  }
  const chart = (...points: Point[]): string => chartOf([{ name: 'A model', characters: 2000, texts: [], atSettings: { quiet: point(0, 0), balanced: point(0, 0), eager: point(0, 0) }, points }])
  const heights = (svg: string): number[] => [...svg.matchAll(/<circle [^>]*cy="([\d.]+)"/g)].map(([, y]) => Number(y))

  it.each([
    ['goes as far as keys are saved', [point(0.43, 0.3)], '50 %'],
    ['goes no further', [point(0.29, 0.3), point(0.1, 0.1)], '30 %'],
  ])('%s', (_what, points, top) => {
    const svg = chart(...points)
    expect(svg.match(/text-anchor="end"[^>]*>(\d+ %)/g)?.at(-1)).toContain(top)
    for (const y of heights(svg)) expect(y).toBeGreaterThan(0)
  })

  it('leaves out what another threshold beats in both, and what is wrong more than every second time', () => {
    expect(heights(chart(point(0.3, 0.2), point(0.2, 0.3), point(0.5, 0.6)))).toHaveLength(1)
  })
})
