import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { EngineState, StepInput, StepResult } from '../../../src/gan/ganEngine'
import { describeGan, imageSize, layout, type GanDescription, type Network } from '../../../src/gan/network'
import { parseSettings, type TrainingSettings } from '../../../src/gan/settings'

/** What make.py found for one step. */
export interface StepCase {
  readonly name: string
  readonly settings: TrainingSettings
  readonly description: GanDescription
  readonly input: StepInput
  readonly start: EngineState
  readonly losses: StepResult
  readonly updates: { readonly generator: number; readonly discriminator: number }
  /** Whole arrays, for the small networks. */
  readonly arrays: ReadonlyMap<string, Float32Array> | undefined
  /** Of arrays too large to keep. */
  readonly summaries: Readonly<Record<string, { readonly norm: number; readonly projection: number }>> | undefined
}

interface Entry extends Pick<StepCase, 'name' | 'losses' | 'updates' | 'summaries'> {
  readonly settings: unknown
  readonly step: number
  readonly arrays?: Readonly<Record<string, number>>
}

export async function stepCases(): Promise<StepCase[]> {
  const entries = JSON.parse(await readFile(path.join(import.meta.dirname, 'step.json'), 'utf8')) as readonly Entry[]
  const blob = await readFile(path.join(import.meta.dirname, 'step.bin'))
  let at = 0
  return entries.map((entry) => {
    const settings = parseSettings(entry.settings)
    const description = describeGan(settings)
    const arrays = entry.arrays && new Map(Object.entries(entry.arrays).map(([name, length]) => {
      const bytes = blob.subarray(at, at + 4 * length)
      at += 4 * length
      return [name, new Float32Array(Uint8Array.from(bytes).buffer)]
    }))
    return { ...entry, settings, description, input: inputOf(entry.step, settings), start: startOf(description), arrays }
  })
}

/** The arrays of a state under the names that make.py uses. */
export function arraysOf({ generator, discriminator, average }: EngineState): ReadonlyMap<string, Float32Array> {
  return new Map([
    ['generator.weights', generator.weights], ['generator.firstMoment', generator.firstMoment], ['generator.secondMoment', generator.secondMoment],
    ['discriminator.weights', discriminator.weights], ['discriminator.firstMoment', discriminator.firstMoment], ['discriminator.secondMoment', discriminator.secondMoment],
    ['average', average],
  ])
}

/** make.py's generator of numbers in [-1, 1). */
export function numbers(seed: number, count: number): Float32Array {
  let x = seed
  return Float32Array.from({ length: count }, () => {
    x = (Math.imul(1664525, x) + 1013904223) >>> 0
    return (x >>> 8) / 2 ** 23 - 1
  })
}

function startOf({ generator, discriminator }: GanDescription): EngineState {
  const untouched = (network: Network, seed: number): EngineState['generator'] => {
    const weights = weightsOf(network, seed)
    return { weights, firstMoment: new Float32Array(weights.length), secondMoment: new Float32Array(weights.length), updates: 0 }
  }
  return { generator: untouched(generator, 1000), discriminator: untouched(discriminator, 2000), average: weightsOf(generator, 1000) }
}

function weightsOf(network: Network, seed: number): Float32Array {
  const { slots, size } = layout(network)
  const weights = new Float32Array(size)
  slots.forEach(({ layer, kernel, bias }, i) => {
    const flat = numbers(seed + i, bias - kernel + layer.outputs)
    const limit = Math.fround(Math.sqrt(6 / (layer.inputs + layer.outputs)))
    flat.forEach((value, at) => {
      weights[kernel + at] = kernel + at < bias ? value * limit : value * Math.fround(0.1)
    })
  })
  return weights
}

function inputOf(step: number, settings: TrainingSettings): StepInput {
  const { batchSize, discriminatorSteps, latentSize, conditional } = settings
  const realCount = discriminatorSteps * batchSize
  const fakeCount = realCount + batchSize
  return {
    step,
    real: numbers(3000, realCount * imageSize),
    realLabels: conditional ? Uint8Array.from({ length: realCount }, (_, i) => (i * 7) % 10) : undefined,
    latents: numbers(4000, fakeCount * latentSize).map((value) => 2 * value),
    fakeLabels: conditional ? Uint8Array.from({ length: fakeCount }, (_, i) => (i * 3) % 10) : undefined,
  }
}
