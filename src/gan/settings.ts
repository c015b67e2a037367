import { InklingError } from '../base/errors'
import { isRecord, own } from '../base/json'
import type { Architecture } from './network'

/** Every number a run depends on. A run's settings and its data fix every weight it will ever have on one backend. */
export interface TrainingSettings extends Architecture {
  readonly seed: number
  /** Steps to train; may be raised later to train on. */
  readonly steps: number
  /** Images per half of a step: so many real ones, so many fakes. */
  readonly batchSize: number
  readonly generatorLearningRate: number
  readonly discriminatorLearningRate: number
  readonly beta1: number
  readonly beta2: number
  /** Added to the root in Adam's denominator. */
  readonly epsilon: number
  /** The discriminator learns real images towards 1 - labelSmoothing. */
  readonly labelSmoothing: number
  /** Discriminator updates on real and fake before each generator update. */
  readonly discriminatorSteps: number
  /** γ of the penalty γ/2 · E‖∇ₓD(x)‖² on real images; 0 switches it off. */
  readonly r1Gamma: number
  /** The penalty is applied every so many steps, by itself and as it is: making up for the steps between costs sharp digits. */
  readonly r1Every: number
  /** Share of the past in the averaged generator weights; 0 means samples come from the raw weights. */
  readonly emaDecay: number
}

export type PresetName = 'article' | 'stable' | 'digits'

/** What a field accepts, and whether a running run can take a new value. */
export type Field =
  | { readonly kind: 'integer' | 'number'; readonly min: number; readonly max: number; readonly exclusiveMin?: boolean; readonly exclusiveMax?: boolean; readonly change: Change }
  | { readonly kind: 'boolean'; readonly change: Change }
  | { readonly kind: 'widths'; readonly minCount: number; readonly maxCount: number; readonly min: number; readonly max: number; readonly change: Change }

/** `live`: takes effect with the next step. `new-run`: fixed for the life of a run, because it shapes the weights or the random numbers. */
export type Change = 'live' | 'new-run'

export const fields: { readonly [K in keyof TrainingSettings]: Field } = {
  seed: { kind: 'integer', min: 0, max: 0xffff_ffff, change: 'new-run' },
  steps: { kind: 'integer', min: 1, max: 1_000_000, change: 'live' },
  batchSize: { kind: 'integer', min: 1, max: 1024, change: 'new-run' },
  latentSize: { kind: 'integer', min: 1, max: 512, change: 'new-run' },
  generatorWidths: { kind: 'widths', minCount: 1, maxCount: 6, min: 1, max: 2048, change: 'new-run' },
  discriminatorWidths: { kind: 'widths', minCount: 1, maxCount: 6, min: 1, max: 2048, change: 'new-run' },
  conditional: { kind: 'boolean', change: 'new-run' },
  generatorLearningRate: { kind: 'number', min: 0, max: 1, exclusiveMin: true, change: 'live' },
  discriminatorLearningRate: { kind: 'number', min: 0, max: 1, exclusiveMin: true, change: 'live' },
  beta1: { kind: 'number', min: 0, max: 1, exclusiveMax: true, change: 'live' },
  beta2: { kind: 'number', min: 0, max: 1, exclusiveMax: true, change: 'live' },
  epsilon: { kind: 'number', min: 1e-12, max: 1, change: 'live' },
  labelSmoothing: { kind: 'number', min: 0, max: 0.5, change: 'live' },
  discriminatorSteps: { kind: 'integer', min: 1, max: 10, change: 'live' },
  r1Gamma: { kind: 'number', min: 0, max: 1000, change: 'live' },
  r1Every: { kind: 'integer', min: 1, max: 1000, change: 'live' },
  emaDecay: { kind: 'number', min: 0, max: 1, exclusiveMax: true, change: 'live' },
}

const stable: TrainingSettings = {
  seed: 1,
  steps: 5000,
  batchSize: 128,
  latentSize: 100,
  generatorWidths: [256, 512, 1024],
  discriminatorWidths: [512, 256],
  conditional: false,
  generatorLearningRate: 5e-4,
  discriminatorLearningRate: 5e-4,
  beta1: 0.5,
  beta2: 0.999,
  epsilon: 1e-7,
  labelSmoothing: 0,
  discriminatorSteps: 1,
  r1Gamma: 1,
  r1Every: 8,
  emaDecay: 0.999,
}

export const presets: Readonly<Record<PresetName, TrainingSettings>> = {
  /** As the article has it, Adam with Keras's defaults: it collapses to one picture. */
  article: { ...stable, steps: 10_000, generatorLearningRate: 1e-3, discriminatorLearningRate: 1e-3, beta1: 0.9, r1Gamma: 0, emaDecay: 0 },
  stable,
  /** The same, told which digit it looks at or draws, and a little faster: so it draws 96 instead of 95 digits in a hundred right after 5,000 steps (docs/studio.md). */
  digits: { ...stable, conditional: true, generatorLearningRate: 7e-4, discriminatorLearningRate: 7e-4 },
}

export const defaultPreset: PresetName = 'digits'

export const presetNames: readonly PresetName[] = ['article', 'stable', 'digits']

export function isPresetName(value: unknown): value is PresetName {
  return presetNames.some((name) => name === value)
}

/** The preset whose values these are, whatever the seed and the number of steps. */
export function presetOf(settings: TrainingSettings): PresetName | undefined {
  return presetNames.find((name) => fieldNames.every((field) => field === 'seed' || field === 'steps' || same(settings[field], presets[name][field])))
}

export const fieldNames = Object.keys(fields) as readonly (keyof TrainingSettings)[]

/**
 * Settings from outside: every field present and within its bounds.
 * @throws InklingError `gan-setting-invalid` for the first that is not
 */
export function parseSettings(value: unknown): TrainingSettings {
  if (!isRecord(value)) throw InklingError.of('gan-setting-invalid', { setting: 'settings', value: typeof value, expected: 'an object' })
  const number = (name: NumberField): number => {
    const given = own(value, name)
    if (!accepts(fields[name], given)) throw invalid(name, given)
    return given as number
  }
  const widths = (name: 'generatorWidths' | 'discriminatorWidths'): readonly number[] => {
    const given = own(value, name)
    if (!accepts(fields[name], given)) throw invalid(name, given)
    return [...(given as readonly number[])]
  }
  const conditional = own(value, 'conditional')
  if (typeof conditional !== 'boolean') throw invalid('conditional', conditional)
  return {
    seed: number('seed'),
    steps: number('steps'),
    batchSize: number('batchSize'),
    latentSize: number('latentSize'),
    generatorWidths: widths('generatorWidths'),
    discriminatorWidths: widths('discriminatorWidths'),
    conditional,
    generatorLearningRate: number('generatorLearningRate'),
    discriminatorLearningRate: number('discriminatorLearningRate'),
    beta1: number('beta1'),
    beta2: number('beta2'),
    epsilon: number('epsilon'),
    labelSmoothing: number('labelSmoothing'),
    discriminatorSteps: number('discriminatorSteps'),
    r1Gamma: number('r1Gamma'),
    r1Every: number('r1Every'),
    emaDecay: number('emaDecay'),
  }
}

/**
 * A running run's settings after a wish to change them.
 * @throws InklingError `gan-setting-invalid`, or `gan-setting-fixed` when the field cannot change during a run
 */
export function changeSettings(current: TrainingSettings, change: unknown): TrainingSettings {
  const next = parseSettings(isRecord(change) ? { ...current, ...change } : change)
  const fixed = fieldNames.find((name) => fields[name].change === 'new-run' && !same(current[name], next[name]))
  if (fixed !== undefined) throw InklingError.of('gan-setting-fixed', { setting: fixed })
  return next
}

/** What a field accepts, in words: for the error and for the form's hint. */
export function expectation(field: Field): string {
  switch (field.kind) {
    case 'boolean':
      return 'true or false'
    case 'widths':
      return `${field.minCount} to ${field.maxCount} whole numbers from ${field.min} to ${field.max}`
    case 'integer':
      return `a whole number from ${field.min} to ${field.max}`
    case 'number':
      return `a number ${field.exclusiveMin ? 'above' : 'from'} ${field.min} ${field.exclusiveMax ? 'and below' : 'to'} ${field.max}`
  }
}

type NumberField = Exclude<keyof TrainingSettings, 'generatorWidths' | 'discriminatorWidths' | 'conditional'>

function accepts(field: Field, value: unknown): boolean {
  switch (field.kind) {
    case 'boolean':
      return typeof value === 'boolean'
    case 'widths':
      return (
        Array.isArray(value) &&
        value.length >= field.minCount &&
        value.length <= field.maxCount &&
        value.every((width) => Number.isInteger(width) && width >= field.min && width <= field.max)
      )
    case 'integer':
    case 'number':
      return (
        typeof value === 'number' &&
        Number.isFinite(value) &&
        (field.kind === 'number' || Number.isInteger(value)) &&
        (field.exclusiveMin ? value > field.min : value >= field.min) &&
        (field.exclusiveMax ? value < field.max : value <= field.max)
      )
  }
}

function invalid(name: keyof TrainingSettings, value: unknown): InklingError {
  const shown = typeof value === 'number' || typeof value === 'string' ? value : (JSON.stringify(value) ?? 'missing')
  return InklingError.of('gan-setting-invalid', { setting: name, value: String(shown).slice(0, 80), expected: expectation(fields[name]) })
}

function same(a: TrainingSettings[keyof TrainingSettings], b: TrainingSettings[keyof TrainingSettings]): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
