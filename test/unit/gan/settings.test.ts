import { describe, expect, it } from 'vitest'
import { changeSettings, parseSettings, presetOf, presets, type TrainingSettings } from '../../../src/gan/settings'

const codeOf = (action: () => unknown): string => {
  try {
    action()
    return 'no error'
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('parseSettings', () => {
  it.each(Object.entries(presets))('accepts the preset %s after a trip through JSON', (name, preset) => {
    const parsed = parseSettings(JSON.parse(JSON.stringify(preset)))
    expect(parsed).toEqual(preset)
    expect(presetOf({ ...parsed, seed: 7, steps: 300 })).toBe(name)
  })

  it.each<[keyof TrainingSettings, unknown]>([
    ['batchSize', 0],
    ['batchSize', 1.5],
    ['batchSize', 1e6],
    ['batchSize', '128'],
    ['generatorLearningRate', 1e9],
    ['generatorLearningRate', 0],
    ['discriminatorLearningRate', Number.NaN],
    ['beta1', 1],
    ['beta2', -0.1],
    ['epsilon', 0],
    ['labelSmoothing', 0.6],
    ['discriminatorSteps', 0],
    ['r1Gamma', -1],
    ['r1Every', 0],
    ['emaDecay', 1],
    ['seed', -1],
    ['seed', 2 ** 32],
    ['steps', 0],
    ['latentSize', 0],
    ['generatorWidths', []],
    ['generatorWidths', [256, 0]],
    ['discriminatorWidths', '512,256'],
    ['discriminatorWidths', [4096]],
    ['conditional', 1],
    ['conditional', undefined],
  ])('refuses %s = %s and says what it should be', (name, value) => {
    expect(() => parseSettings({ ...presets.digits, [name]: value })).toThrow(`The training setting ${name} is `)
    expect(codeOf(() => parseSettings({ ...presets.digits, [name]: value }))).toBe('gan-setting-invalid')
  })

  it.each([[null], [[]], ['digits'], [3]])('refuses %j as settings', (value) => {
    expect(codeOf(() => parseSettings(value))).toBe('gan-setting-invalid')
  })
})

describe('changeSettings', () => {
  it.each<[Partial<TrainingSettings>, string]>([
    [{ generatorLearningRate: 1e-4 }, 'no error'],
    [{ steps: 9000, r1Gamma: 0, emaDecay: 0.99, labelSmoothing: 0.1 }, 'no error'],
    [{ generatorWidths: [256, 512, 1024] }, 'no error'],
    [{ batchSize: 64 }, 'gan-setting-fixed'],
    [{ conditional: false }, 'gan-setting-fixed'],
    [{ generatorWidths: [256, 512] }, 'gan-setting-fixed'],
    [{ seed: 2 }, 'gan-setting-fixed'],
    [{ generatorLearningRate: 1e9 }, 'gan-setting-invalid'],
  ])('answers %j in a running run with %s', (change, outcome) => {
    expect(codeOf(() => changeSettings(presets.digits, change))).toBe(outcome)
  })
})
