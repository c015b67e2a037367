import type { FeatureStatistics } from './classifier'
import { symmetricEigen } from './symmetricEigen'

/**
 * Fréchet distance between normal distributions fitted to features: ‖μ₁-μ₂‖² + tr(Σ₁ + Σ₂ - 2 (Σ₁Σ₂)^½) (Heusel et al.,
 * "GANs Trained by a Two Time-Scale Update Rule", 2017, eq. 6). The trace of the root is the sum of the roots of the
 * eigenvalues of the symmetric Σ₁^½ Σ₂ Σ₁^½, which are those of Σ₁Σ₂.
 */
export class FrechetDistance {
  private readonly n: number
  /** Σ₁^½ */
  private readonly root: Float64Array

  constructor(private readonly reference: FeatureStatistics) {
    this.n = reference.mean.length
    this.root = squareRoot(reference.covariance, this.n)
  }

  to({ mean, covariance }: FeatureStatistics): number {
    const { n, reference, root } = this
    let distance = 0
    for (let i = 0; i < n; i++) {
      distance += ((mean[i] ?? 0) - (reference.mean[i] ?? 0)) ** 2 + (covariance[i * n + i] ?? 0) + (reference.covariance[i * n + i] ?? 0)
    }
    const { values } = symmetricEigen(product(product(root, covariance, n), root, n), n)
    for (const value of values) distance -= 2 * Math.sqrt(Math.max(value, 0))
    return Math.max(distance, 0)
  }
}

/** Mean and covariance (divided by count - 1) of rows. @param features [count, n] */
export function statisticsOf(features: Float32Array, n: number): FeatureStatistics {
  const count = features.length / n
  const mean = new Float64Array(n)
  for (let i = 0; i < features.length; i++) mean[i % n] = (mean[i % n] as number) + (features[i] as number) / count
  const covariance = new Float64Array(n * n)
  const row = new Float64Array(n)
  for (let r = 0; r < count; r++) {
    for (let i = 0; i < n; i++) row[i] = (features[r * n + i] as number) - (mean[i] as number)
    for (let i = 0; i < n; i++) {
      const x = row[i] as number
      for (let j = i; j < n; j++) covariance[i * n + j] = (covariance[i * n + j] as number) + x * (row[j] as number)
    }
  }
  for (let i = 0; i < n; i++) {
    for (let j = i; j < n; j++) covariance[j * n + i] = covariance[i * n + j] = (covariance[i * n + j] as number) / Math.max(1, count - 1)
  }
  return { mean, covariance }
}

function squareRoot(matrix: Float64Array, n: number): Float64Array {
  const { values, vectors } = symmetricEigen(matrix, n)
  const scaled = vectors.map((value, at) => value * Math.sqrt(Math.max(values[at % n] ?? 0, 0)))
  const transposed = new Float64Array(n * n)
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) transposed[j * n + i] = vectors[i * n + j] as number
  return product(scaled, transposed, n)
}

function product(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const x = a[i * n + k] as number
      for (let j = 0; j < n; j++) out[i * n + j] = (out[i * n + j] as number) + x * (b[k * n + j] as number)
    }
  }
  return out
}
