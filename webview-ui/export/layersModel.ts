import { decodeCheckpoint } from '../../src/gan/checkpoint'
import { describeGan, imageSide, labelStrength, layout, leakySlope, type LayerSlots } from '../../src/gan/network'
import type { NamedBytes } from '../../src/gan/protocol/hostProtocol'
import { shownWeights } from '../../src/gan/sampling'

/**
 * The generator as TensorFlow.js's layers format: `model.json` with the topology as Keras describes it, and the weights
 * in one file. Input: latents with, where digits can be ordered, the digit's one-hot label behind; output [28, 28, 1].
 */
export function layersModelFiles(checkpoint: Uint8Array): readonly NamedBytes[] {
  const { settings, engine, step } = decodeCheckpoint(checkpoint)
  const { generator, latentSize, classes } = describeGan(settings)
  const { slots } = layout(generator)
  const weights = takingPlainLabels(shownWeights(settings) === 'average' ? engine.average : engine.generator.weights, slots[0], latentSize)
  const layers = slots.flatMap(({ layer }, i) => {
    const dense = {
      class_name: 'Dense',
      config: {
        name: `dense_${i}`, dtype: 'float32', units: layer.outputs, use_bias: true,
        activation: layer.activation === 'tanh' ? 'tanh' : 'linear',
        ...(i === 0 && { batch_input_shape: [null, layer.inputs] }),
      },
    }
    const leaky = { class_name: 'LeakyReLU', config: { name: `leaky_${i}`, alpha: leakySlope } }
    return layer.activation === 'leaky-relu' ? [dense, leaky] : [dense]
  })
  layers.push({ class_name: 'Reshape', config: { name: 'picture', target_shape: [imageSide, imageSide, 1] } } as never)
  const manifest = slots.flatMap(({ layer }, i) => [
    { name: `dense_${i}/kernel`, shape: [layer.inputs, layer.outputs], dtype: 'float32' },
    { name: `dense_${i}/bias`, shape: [layer.outputs], dtype: 'float32' },
  ])
  const model = {
    format: 'layers-model',
    generatedBy: `Inkling Studio, step ${step}`,
    convertedBy: null,
    userDefinedMetadata: { latentSize, classes },
    modelTopology: { keras_version: '2.15.0', backend: 'tensorflow', model_config: { class_name: 'Sequential', config: { name: 'generator', layers } } },
    // Kernel and bias follow each other in the flat array as they do in the manifest.
    weightsManifest: [{ paths: ['weights.bin'], weights: manifest }],
  }
  return [
    { name: 'model.json', bytes: new TextEncoder().encode(JSON.stringify(model, undefined, 1)) },
    { name: 'weights.bin', bytes: new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength) },
  ]
}

/** Inkling's generator reads labels louder than 1; a program that loads this one gives it 1. @param first where the first layer lies */
function takingPlainLabels(weights: Float32Array, first: LayerSlots | undefined, latentSize: number): Float32Array {
  const plain = weights.slice()
  if (!first) return plain
  for (let i = first.kernel + latentSize * first.layer.outputs; i < first.bias; i++) plain[i] = (plain[i] ?? 0) * labelStrength.generator
  return plain
}
