import type { Network } from '../../gan/network'

/**
 * How values of a step's graphs are called: `<network>.<layer>.<kernel|bias>` is a weight, `gradient.<weight>` its gradient,
 * `hidden.<layer>` what a layer of G reads.
 */
export type NetworkName = 'generator' | 'discriminator'

export function gradient(weight: string): string {
  return `gradient.${weight}`
}

export function hiddenName(layer: number): string {
  return `hidden.${layer}`
}

export interface ParameterName {
  readonly name: string
  readonly which: 'kernel' | 'bias'
  readonly shape: readonly number[]
  readonly size: number
}

/** The parameters of a network in the order in which they lie in its flat array. */
export function parameterNames(name: NetworkName, network: Network): ParameterName[] {
  return network.flatMap(({ inputs, outputs }, layer): ParameterName[] => [
    { name: `${name}.${layer}.kernel`, which: 'kernel', shape: [inputs, outputs], size: inputs * outputs },
    { name: `${name}.${layer}.bias`, which: 'bias', shape: [outputs], size: outputs },
  ])
}
