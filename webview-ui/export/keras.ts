import { decodeCheckpoint, type Checkpoint } from '../../src/gan/checkpoint'
import { describeGan, labelStrength, layout, type Network } from '../../src/gan/network'
import type { NamedBytes } from '../../src/gan/protocol/hostProtocol'
import { encodeNpz, type NamedArray } from './npz'
import script from './train.py'

/** A Python script and the weights, moments and averages with which it continues the run on TensorFlow. */
export function kerasFiles(file: Uint8Array): readonly NamedBytes[] {
  const checkpoint = decodeCheckpoint(file)
  const { settings, step, engine } = checkpoint
  const run = { ...settings, step, generatorLabel: labelStrength.generator, discriminatorLabel: labelStrength.discriminator, generatorUpdates: engine.generator.updates, discriminatorUpdates: engine.discriminator.updates }
  return [
    { name: 'train.py', bytes: new TextEncoder().encode(script) },
    { name: 'run.json', bytes: new TextEncoder().encode(`${JSON.stringify(run, undefined, 2)}\n`) },
    { name: 'weights.npz', bytes: encodeNpz(arrays(checkpoint)) },
  ]
}

function arrays({ settings, engine }: Checkpoint): NamedArray[] {
  const { generator, discriminator } = describeGan(settings)
  return [
    ...split('generator', generator, engine.generator.weights),
    ...split('generator_m', generator, engine.generator.firstMoment),
    ...split('generator_v', generator, engine.generator.secondMoment),
    ...split('average', generator, engine.average),
    ...split('discriminator', discriminator, engine.discriminator.weights),
    ...split('discriminator_m', discriminator, engine.discriminator.firstMoment),
    ...split('discriminator_v', discriminator, engine.discriminator.secondMoment),
  ]
}

/** The flat array of a network as kernels and biases, in Keras's order of variables. */
function split(prefix: string, network: Network, flat: Float32Array): NamedArray[] {
  return layout(network).slots.flatMap(({ layer, kernel, bias }, i) => [
    { name: `${prefix}_${2 * i}`, shape: [layer.inputs, layer.outputs], values: flat.slice(kernel, bias) },
    { name: `${prefix}_${2 * i + 1}`, shape: [layer.outputs], values: flat.slice(bias, bias + layer.outputs) },
  ])
}
