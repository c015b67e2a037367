import type * as tfjs from '@tensorflow/tfjs-core'
import type * as tfjsLayers from '@tensorflow/tfjs-layers'
import { Random } from '../../src/gan/random'
import { imageSize, leakySlope } from '../../src/gan/network'
import { workload } from './workload'

type TensorFlow = typeof tfjs
type Layers = typeof tfjsLayers

/** The article's script word for word in TensorFlow.js's layers API. @returns one step of it */
export function layersApiStep(tf: TensorFlow, layers: Layers): () => Promise<void> {
  const { batchSize, latentSize, generatorWidths, discriminatorWidths, generatorLearningRate: rate, beta1, beta2, epsilon } = workload
  const adam = (): tfjs.Optimizer => tf.train.adam(rate, beta1, beta2, epsilon)
  const stack = (inputs: number, widths: readonly number[], outputs: number, activation: 'tanh' | 'sigmoid'): tfjsLayers.Sequential => {
    const model = layers.sequential()
    widths.forEach((units, i) => {
      model.add(layers.layers.dense({ units, ...(i === 0 && { inputShape: [inputs] }) }))
      model.add(layers.layers.leakyReLU({ alpha: leakySlope }))
    })
    model.add(layers.layers.dense({ units: outputs, activation }))
    return model
  }
  const generator = stack(latentSize, generatorWidths, imageSize, 'tanh')
  const discriminator = stack(imageSize, discriminatorWidths, 1, 'sigmoid')
  discriminator.compile({ optimizer: adam(), loss: 'binaryCrossentropy' })
  discriminator.trainable = false
  const noise = layers.input({ shape: [latentSize] })
  const both = layers.model({ inputs: noise, outputs: discriminator.apply(generator.apply(noise)) as tfjsLayers.SymbolicTensor })
  both.compile({ optimizer: adam(), loss: 'binaryCrossentropy' })

  const random = Random.from(1, 'training')
  const real = tf.tensor2d(random.fillNormal(new Float32Array(batchSize * imageSize)), [batchSize, imageSize])
  const [ones, zeros] = [tf.ones([batchSize, 1]), tf.zeros([batchSize, 1])]
  return async () => {
    const latents = tf.randomNormal([batchSize, latentSize])
    const fake = generator.predict(latents) as tfjs.Tensor
    discriminator.trainable = true
    await discriminator.trainOnBatch(real, ones)
    await discriminator.trainOnBatch(fake, zeros)
    discriminator.trainable = false
    const fresh = tf.randomNormal([batchSize, latentSize])
    await both.trainOnBatch(fresh, ones)
    tf.dispose([latents, fake, fresh])
  }
}
