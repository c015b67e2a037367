import type { Network } from '../../gan/network'

/**
 * How the values of the training graph are called. Inputs: `<network>.<layer>.<kernel|bias>` for a weight, the same with
 * `.first`, `.second` and (G only) `.average`; `real`, `latents`, `fakeLabels`; `realTarget`, `rate.generator`,
 * `rate.discriminator.<update>`, `gradientScale`, `keep1`, `take1`, `keep2`, `epsilon`, `averageKeep`, `averageTake`,
 * `penaltyRate`, all single numbers. Outputs: every weight, moment and average again under `next.<name>`, and
 * `logits.real`, `logits.fake`, `logits.generator`.
 */
export type NetworkName = 'generator' | 'discriminator'
export const networkNames: readonly NetworkName[] = ['generator', 'discriminator']

export const adamInputs = ['keep1', 'take1', 'keep2', 'epsilon'] as const

export type Part = 'value' | 'first' | 'second' | 'average'

export function part(parameter: string, which: Part): string {
  return which === 'value' ? parameter : `${parameter}.${which}`
}

export function next(name: string): string {
  return `next.${name}`
}

export interface ParameterName {
  readonly name: string
  readonly layer: number
  readonly which: 'kernel' | 'bias'
  readonly shape: readonly number[]
  readonly size: number
}

/** The parameters of a network in the order in which they lie in its flat array. */
export function parameterNames(name: NetworkName, network: Network): ParameterName[] {
  return network.flatMap(({ inputs, outputs }, layer): ParameterName[] => [
    { name: `${name}.${layer}.kernel`, layer, which: 'kernel', shape: [inputs, outputs], size: inputs * outputs },
    { name: `${name}.${layer}.bias`, layer, which: 'bias', shape: [outputs], size: outputs },
  ])
}
