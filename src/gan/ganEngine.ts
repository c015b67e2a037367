import type { GanDescription } from './network'
import type { TrainingSettings } from './settings'

/** Where a step is computed. `native`: ONNX Runtime. The tfjs backends keep their own names. */
export type Backend = 'native' | 'tfjs-node' | 'webgpu' | 'webgl' | 'wasm' | 'cpu'

export const backends: readonly Backend[] = ['native', 'tfjs-node', 'webgpu', 'webgl', 'wasm', 'cpu']

/** The backends with native code: they run in a process of their own, the others also in a page. */
export type ProcessBackend = 'native' | 'tfjs-node'

export function needsProcess(backend: Backend): backend is ProcessBackend {
  return backend === 'native' || backend === 'tfjs-node'
}

export function isBackend(value: unknown): value is Backend {
  return backends.some((name) => name === value)
}

/** Everything random or read from the data set that one step consumes; B = batchSize, k = discriminatorSteps. */
export interface StepInput {
  /** Number of this step, counted from 1. */
  readonly step: number
  /** [k · B, 784], float32 in [-1, 1] */
  readonly real: Float32Array
  /** [k · B], 0-9; present when the networks are conditional */
  readonly realLabels: Uint8Array | undefined
  /** [(k + 1) · B, latentSize], float32 standard normal; the last B rows are the generator's own */
  readonly latents: Float32Array
  /** [(k + 1) · B], 0-9; present when the networks are conditional */
  readonly fakeLabels: Uint8Array | undefined
}

/** What a step says about itself; with several discriminator steps, the numbers of the last. */
export interface StepResult {
  /** Binary cross-entropies, nats. */
  readonly lossReal: number
  readonly lossFake: number
  readonly lossGenerator: number
  /** Shares of real images judged real and of fakes judged fake, in [0, 1], before each update. */
  readonly accuracyReal: number
  readonly accuracyFake: number
}

/** One network's learnt numbers, each [parameterCount] float32 in the order of `layout`. */
export interface NetworkState {
  readonly weights: Float32Array
  /** Adam's first and second moments. */
  readonly firstMoment: Float32Array
  readonly secondMoment: Float32Array
  /** Adam updates so far. */
  readonly updates: number
}

/** All that an engine has learnt: enough to go on exactly. */
export interface EngineState {
  readonly generator: NetworkState
  readonly discriminator: NetworkState
  /** Averaged generator weights, [parameterCount(generator)]. */
  readonly average: Float32Array
}

export interface SampleRequest {
  /** [n, latentSize], float32 */
  readonly latents: Float32Array
  /** [n], 0-9; needed when the networks are conditional */
  readonly labels: Uint8Array | undefined
  readonly weights: 'raw' | 'average'
}

/**
 * The arithmetic of training on one backend. It draws no random number and holds no data set: equal inputs give equal
 * states, bit for bit, on the same backend and machine. One call at a time.
 *
 * A step, with Adam updates in this order:
 * 1. `discriminatorSteps` times: D on real images towards 1 - labelSmoothing, D on fakes towards 0.
 * 2. When `r1Gamma` > 0 and `step` is a multiple of `r1Every`: D on γ/2 · mean ‖∇ₓD(x)‖² over the last real
 *    images (Mescheder et al., "Which Training Methods for GANs do actually Converge?", 2018; lazily as in Karras et
 *    al., "Analyzing and Improving the Image Quality of StyleGAN", 2020, appendix B).
 * 3. G through the unchanged D towards 1.
 * 4. average ← lerp(generator, average, min(emaDecay, step / (step + 100))).
 */
export interface GanEngine {
  readonly backend: Backend
  step(input: StepInput, settings: TrainingSettings): Promise<StepResult>
  /** @returns [n, 784], float32 in [-1, 1] */
  sample(request: SampleRequest): Promise<Float32Array>
  /** A copy of everything learnt. */
  read(): Promise<EngineState>
  write(state: EngineState): Promise<void>
  dispose(): void
}

/** Makes an engine that holds `state`. @throws InklingError `gan-backend-unavailable` */
export type EngineFactory = (description: GanDescription, state: EngineState) => Promise<GanEngine>

/** Share of the past that the averaged weights keep in this step: short at first, so that the start is soon forgotten. */
export function averageKeep(emaDecay: number, step: number): number {
  return Math.min(emaDecay, step / (step + 100))
}

/** True when step number `step` ends its discriminator part with the gradient penalty. */
export function penaltyDue(settings: TrainingSettings, step: number): boolean {
  return settings.r1Gamma > 0 && step % settings.r1Every === 0
}

/** Whether training can go on from here: a single NaN spoils everything it touches. */
export function isHealthy({ generator, discriminator, average }: EngineState): boolean {
  return [generator, discriminator].every(({ weights, firstMoment, secondMoment }) => allFinite(weights) && allFinite(firstMoment) && allFinite(secondMoment)) && allFinite(average)
}

function allFinite(values: Float32Array): boolean {
  // A sum is not finite when any of its terms is not; no term is large enough to overflow a double.
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i] as number
  return Number.isFinite(sum)
}
