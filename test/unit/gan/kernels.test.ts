import '@tensorflow/tfjs-backend-cpu'
import { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Operations, Parameter, Tensor } from '../../../src/gan-tfjs/operations'
import { plainOperations } from '../../../src/gan-tfjs/plainOperations'
import { registerProducts, SimdHeap } from '../../../src/gan-tfjs/simdKernels'
import { simdOperations } from '../../../src/gan-tfjs/simdOperations'
import { startWasm } from '../../../src/gan-tfjs/wasmBackend'
import { Random } from '../../../src/gan/random'
import { kernelBuilds } from '../../../kernels/build.mjs'
import { kernelBytes, tfjsWasmBytes } from '../../support/ganEngines'

const plain = plainOperations(tf)
let simd: Operations

/**
 * Runs `body` on TensorFlow.js's own cpu kernels and on ours, and compares. A sum of k normal products strays by about a
 * float's precision times k, depending on the order in which it is taken.
 */
async function compare(body: (ops: Operations) => Tensor | readonly Tensor[], terms = 1): Promise<void> {
  const run = async (backend: string, ops: Operations): Promise<Float32Array[]> => {
    await tf.setBackend(backend)
    const before = tf.memory().numTensors
    const out = tf.tidy((): Tensor[] => [body(ops)].flat())
    const values = await Promise.all(out.map(async (one) => Float32Array.from(await one.data())))
    tf.dispose(out)
    expect(tf.memory().numTensors, `tensors left over on ${backend}`).toBe(before)
    return values
  }
  const expected = await run('cpu', plain)
  const actual = await run('wasm', simd)
  expect(actual.map((values) => values.length)).toEqual(expected.map((values) => values.length))
  expected.forEach((values, which) => {
    const limit = 1.2e-7 * (terms + 4)
    values.forEach((value, i) => {
      const off = Math.abs((actual[which]?.[i] ?? Number.NaN) - value) / Math.max(1, Math.abs(value))
      if (!(off <= limit)) expect.fail(`element ${i}: ${actual[which]?.[i]} instead of ${value}`)
    })
  })
}

function random(seed: number, ...shape: readonly number[]): tf.Tensor {
  const size = shape.reduce((product, side) => product * side, 1)
  return tf.reshape(Random.from(seed, 'sample').fillNormal(new Float32Array(size)), [...shape])
}

/** m, n, k */
const shapes: readonly [number, number, number][] = [
  [1, 1, 1], [1, 1, 7], [1, 8, 1], [3, 1, 5], [4, 8, 4], [4, 8, 5], [5, 9, 3], [7, 15, 31], [8, 16, 32], [12, 7, 2],
  [127, 129, 63], [128, 1, 256], [128, 512, 794], [256, 256, 110], [110, 256, 128], [794, 512, 128], [256, 784, 1024], [2, 3, 4096],
  [1, 16, 1], [2, 16, 2], [3, 17, 6], [5, 31, 4], [6, 32, 9], [5, 8, 3], [10, 8, 2], [11, 24, 5], [4, 25, 11], [9, 23, 12], [530, 9, 1030],
]

describe.each(kernelBuilds)('%s:', (build) => {
  beforeAll(async () => {
    await startWasm(await tfjsWasmBytes(), undefined)
    const backend = tf.findBackend('wasm')
    if (!(backend instanceof BackendWasm)) throw new Error('No wasm backend')
    const heap = await SimdHeap.create(backend, await kernelBytes(build))
    registerProducts(tf, heap)
    simd = simdOperations(tf, heap)
  })

  describe.each(shapes)('a product of %i × %i over %i', (m, n, k) => {
    it.each([[false, false], [true, false], [false, true], [true, true]])('is that of TensorFlow.js, transposed %s, %s', async (transposeA, transposeB) => {
      await compare(() => {
        const a = transposeA ? random(1, k, m) : random(1, m, k)
        const b = transposeB ? random(2, n, k) : random(2, k, n)
        return tf.matMul(a, b, transposeA, transposeB)
      }, k)
    })

    it.each([['nothing', undefined], ['the leaky rectifier', 'leakyrelu'], ['the rectifier, by the stock kernel', 'relu']] as const)('takes a bias and %s', async (_what, activation) => {
      await compare(() => tf.fused.matMul({ a: random(1, m, k), b: random(2, k, n), bias: random(3, n), ...(activation && { activation, leakyreluAlpha: 0.2 }) }), k)
    })

    it('serves every way through a layer', async () => {
      await compare((ops) => [
        ops.dense(random(1, m, k), random(2, k, n), random(3, n), true),
        ops.dense(random(1, m, k), random(2, k, n), random(3, n), false),
        ops.productOfTransposed(random(1, k, m), random(2, k, n)),
        ops.productWithTransposed(random(1, m, k), random(2, n, k), undefined),
        ops.productWithTransposed(random(1, m, k), random(2, n, k), random(4, m, n)),
        ops.productAndSlope(random(1, m, k), random(2, k, n), random(4, m, n)),
      ], k)
    })
  })

  describe('products that go to the stock kernel', () => {
    it.each<[string, () => Tensor]>([
      ['a batch of matrices', () => tf.matMul(random(1, 3, 4, 5), random(2, 3, 5, 6))],
      ['one matrix for a batch', () => tf.matMul(random(1, 3, 4, 5), random(2, 1, 5, 6))],
      ['an inner dimension past our room', () => tf.matMul(random(1, 2, 5000), random(2, 5000, 3))],
      ['a slope above one', () => tf.fused.matMul({ a: random(1, 4, 5), b: random(2, 5, 8), activation: 'leakyrelu', leakyreluAlpha: 3 })],
      ['a parametric rectifier', () => tf.fused.matMul({ a: random(1, 4, 5), b: random(2, 5, 8), activation: 'prelu', preluActivationWeights: random(3, 8) })],
    ])('%s', async (_what, body) => {
      await compare(body, 5000)
    })

    it('keeps a leading dimension of one', async () => {
      await compare(() => tf.matMul(random(1, 1, 4, 5), tf.expandDims(random(2, 5, 6), 0)), 5)
    })
  })

  describe.each([1, 2, 3, 4, 5, 127, 128, 784 * 3 + 1])('with %i numbers', (size) => {
    it('tanh and its way back are those of TensorFlow.js, also far out', async () => {
      await compare((ops) => {
        const x = tf.mul(random(1, size), 6)
        const y = tf.tanh(x)
        return [ops.tanh(x), ops.tanhGradient(random(2, size), y)]
      })
    })

    it('parts and rows side by side are those of TensorFlow.js', async () => {
      await compare((ops) => {
        const x = random(1, 5, size)
        return [ops.part(x, 1, 3, size), ops.part(x, 2, 3, Math.ceil(size / 2)), ops.part(x, 0, 5, size), ops.beside(x, random(2, 5, 10)), ops.beside(random(2, 5, 10), x)]
      })
    })

    it('column sums are those of TensorFlow.js', async () => {
      await compare((ops) => [ops.columnSums(random(1, 5, size)), ops.columnSums(random(1, 1, size))], 5)
    })

    it('Adam and the running average are those of TensorFlow.js', async () => {
      await compare((ops) => {
        const parameter: Parameter = { value: random(1, size), first: random(2, size), second: tf.square(random(3, size)) }
        for (let i = 0; i < 3; i++) ops.adam(parameter, random(4 + i, size), { rate: 1e-3, beta1: 0.5, beta2: 0.999, epsilon: 1e-7 })
        return [parameter.value, parameter.first, parameter.second, ops.blend(tf.clone(random(8, size)), random(9, size), 0.99)]
      }, 3)
    })
  })

  describe('tanh', () => {
    it.each([0, -0, 1e-8, -1e-4, 7.9, -7.91, 20, -100, Infinity, -Infinity])('of %d', async (x) => {
      await tf.setBackend('wasm')
      const [y] = await simd.tanh(tf.tensor1d([x, 1])).data()
      expect(Math.abs((y ?? Number.NaN) - Math.tanh(x))).toBeLessThanOrEqual(3e-7 * Math.max(Math.abs(Math.tanh(x)), 1e-9))
    })

    it('of something that is no number is no number', async () => {
      await tf.setBackend('wasm')
      const y = await simd.tanh(tf.tensor1d([Number.NaN, 1, 2, 3, Number.NaN])).data()
      expect([...y].map(Number.isNaN)).toEqual([true, false, false, false, true])
    })
  })
})
