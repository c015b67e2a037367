import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { distribution, penalize } from '../../../src/language/sampling'

interface Setting {
  readonly name: string
  readonly repetitionPenalty: number
  readonly temperature: number
  readonly topK: number
  readonly topP: number
}

// What transformers leaves of the same logits; make.py beside this file wrote it. null is minus infinity.
interface Oracle {
  readonly repeated: readonly number[]
  readonly logits: Readonly<Record<string, readonly (number | null)[]>>
  readonly cases: readonly { readonly logits: string; readonly setting: Setting; readonly probabilities: Readonly<Record<string, number>> }[]
}

const oracle = JSON.parse(readFileSync(join(__dirname, 'sampling.json'), 'utf8')) as Oracle

describe('sampling leaves the distribution of transformers', () => {
  it.each(oracle.cases)('with $setting.name, for $logits logits', ({ logits: kind, setting, probabilities: expected }) => {
    const logits = Float32Array.from(oracle.logits[kind] ?? [], (logit) => logit ?? -Infinity)
    const { ids, probabilities } = distribution(penalize(logits, new Set(oracle.repeated), setting.repetitionPenalty), setting)
    // A token that may not be drawn is left out there; here it may stay at probability 0.
    const found = new Map([...ids].map((id, i) => [id, probabilities[i] ?? 0]).filter(([id]) => logits[id ?? 0] !== -Infinity) as [number, number][])
    expect([...found.keys()].sort((a, b) => a - b)).toEqual(Object.keys(expected).map(Number).sort((a, b) => a - b))
    for (const [id, probability] of found) expect(probability).toBeCloseTo(expected[String(id)] ?? 0, 5)
  })
})
