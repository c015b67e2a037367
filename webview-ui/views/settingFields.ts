import type { Field, TrainingSettings } from '../../src/gan/settings'

export type FieldName = keyof TrainingSettings

interface FieldWords {
  readonly label: string
  readonly text: string
}

/** Every setting in plain words. */
export const fieldWords: Readonly<Record<FieldName, FieldWords>> = {
  steps: { label: 'Steps', text: 'How long to train. One step looks at one batch.' },
  batchSize: { label: 'Batch size', text: 'Pictures looked at together. More is steadier and slower.' },
  seed: { label: 'Seed', text: 'Equal seeds give equal runs.' },
  generatorLearningRate: { label: 'Generator’s learning rate', text: 'How far one step moves the weights.' },
  discriminatorLearningRate: { label: 'Discriminator’s learning rate', text: 'Higher makes it the stronger player.' },
  beta1: { label: 'Adam β₁', text: 'Momentum: how much of the last direction is kept. 0.5 suits GANs, 0.9 makes them swing.' },
  beta2: { label: 'Adam β₂', text: 'How long Adam remembers the size of gradients.' },
  epsilon: { label: 'Adam ε', text: 'Keeps Adam from dividing by zero.' },
  labelSmoothing: { label: 'Label smoothing', text: 'At 0.1 the discriminator is told that real is 0.9 instead of 1, so that it stays modest.' },
  discriminatorSteps: { label: 'Discriminator steps', text: 'Its turns for every turn of the generator.' },
  r1Gamma: { label: 'R1 penalty γ', text: 'Keeps the discriminator smooth around real pictures. 0 switches it off.' },
  r1Every: { label: 'R1 every', text: 'The penalty is applied only every so many steps.' },
  emaDecay: { label: 'Averaging', text: 'Samples come from averaged weights, which are calmer. 0: from the newest weights.' },
  latentSize: { label: 'Latent size', text: 'Random numbers a picture is drawn from.' },
  generatorWidths: { label: 'Generator’s layers', text: 'Widths of its hidden layers, from the noise to the picture.' },
  discriminatorWidths: { label: 'Discriminator’s layers', text: 'Widths of its hidden layers, from the picture to the verdict.' },
  conditional: { label: 'Digits to order', text: 'Both networks are told which digit it is.' },
}

export const groups: readonly { readonly title: string; readonly names: readonly FieldName[] }[] = [
  { title: 'Run', names: ['steps', 'batchSize', 'seed', 'conditional'] },
  { title: 'Learning', names: ['generatorLearningRate', 'discriminatorLearningRate', 'beta1', 'beta2', 'epsilon'] },
  { title: 'Balance', names: ['labelSmoothing', 'discriminatorSteps', 'r1Gamma', 'r1Every', 'emaDecay'] },
  { title: 'Networks', names: ['latentSize', 'generatorWidths', 'discriminatorWidths'] },
]

/** What stands in the input, as the settings have it; text that is no number stays text, and the check refuses it. */
export function readField(field: Field, input: { readonly value: string; readonly checked: boolean }): unknown {
  switch (field.kind) {
    case 'boolean':
      return input.checked
    case 'widths':
      return input.value.split(/[\s,;→]+/).filter((part) => part !== '').map(toNumber)
    case 'integer':
    case 'number':
      return toNumber(input.value)
  }
}

export function showField(input: { value: string; checked: boolean }, value: TrainingSettings[FieldName]): void {
  if (typeof value === 'boolean') input.checked = value
  else input.value = typeof value === 'number' ? String(value) : value.join(', ')
}

/** '' is not 0. */
function toNumber(text: string): number | string {
  const trimmed = text.trim()
  const value = Number(trimmed)
  return trimmed === '' || Number.isNaN(value) ? trimmed : value
}
