import { toInklingError, InklingError } from '../base/errors'
import { isIntegerArray, isIntegerIn, isRecord, own } from '../base/json'
import { crc32 } from './crc32'
import { curveColumns, Curves } from './curves'
import { isBackend, isHealthy, type Backend, type EngineState, type NetworkState } from './ganEngine'
import { Frames, showcaseCount } from './frames'
import { describeGan, imageSize, parameterCount } from './network'
import { scoreColumns, scoresFromArray, scoresToArray, type Score } from './quality'
import { isRandomState, type RandomState } from './random'
import { parseSettings, type TrainingSettings } from './settings'

/** Which pictures a run learns from: to resume on others would not be the same run. */
export interface DatasetIdentity {
  readonly count: number
  readonly crc: number
}

/** A whole training run at one moment. */
export interface Checkpoint {
  readonly settings: TrainingSettings
  /** Steps done. */
  readonly step: number
  /** Of the stream `training`. */
  readonly random: RandomState
  /** Backend of the last step. */
  readonly backend: Backend
  readonly data: DatasetIdentity
  readonly engine: EngineState
  readonly curves: Curves
  readonly scores: readonly Score[]
  readonly frames: Frames
}

/*
 * The file: "INKLGAN" and a version byte, 32-bit length of the header, the header as JSON (padded with spaces to a
 * multiple of 4), the sections below one after the other (each padded to a multiple of 4), CRC-32 of all before.
 * Everything is little-endian, as every machine is that this runs on.
 */
const magic = [0x49, 0x4e, 0x4b, 0x4c, 0x47, 0x41, 0x4e]
const version = 2
const headStart = 12
const maximumHeader = 1 << 20

export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const { engine, curves, frames } = checkpoint
  const framePixels = new Uint8Array(frames.all.length * showcaseCount * imageSize)
  frames.all.forEach((frame, i) => framePixels.set(frame.pixels, i * showcaseCount * imageSize))
  const sections = [...networkArrays(engine.generator), ...networkArrays(engine.discriminator), engine.average, curves.toArray(), scoresToArray(checkpoint.scores), framePixels].map(asBytes)
  const header = new TextEncoder().encode(
    JSON.stringify({
      settings: checkpoint.settings,
      step: checkpoint.step,
      random: checkpoint.random,
      backend: checkpoint.backend,
      data: checkpoint.data,
      updates: [engine.generator.updates, engine.discriminator.updates],
      curves: { rows: curves.length, stride: curves.stride },
      scores: checkpoint.scores.length,
      frames: { every: frames.every, steps: frames.all.map((frame) => frame.step) },
    }),
  )
  const headerSize = pad(header.length)
  const total = headStart + headerSize + sections.reduce((sum, section) => sum + pad(section.length), 0) + 4
  const file = new Uint8Array(total)
  const view = new DataView(file.buffer)
  file.set(magic)
  file[7] = version
  view.setUint32(8, headerSize, true)
  file.fill(0x20, headStart, headStart + headerSize)
  file.set(header, headStart)
  let at = headStart + headerSize
  for (const section of sections) {
    file.set(section, at)
    at += pad(section.length)
  }
  view.setUint32(at, crc32(file.subarray(0, at)), true)
  return file
}

/**
 * Reads a checkpoint from bytes that may be anything.
 * @throws InklingError `gan-checkpoint-broken`
 */
export function decodeCheckpoint(file: Uint8Array): Checkpoint {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  if (file.byteLength < headStart + 4 || magic.some((byte, i) => file[i] !== byte)) throw broken('it is not a checkpoint of a training run')
  if (file[7] !== version) throw broken(`its version is ${file[7]}, and this program reads version ${version}`)
  const headerSize = view.getUint32(8, true)
  if (headerSize > maximumHeader || headStart + headerSize + 4 > file.byteLength) throw broken('it ends too early')
  const header = parseHeader(file.subarray(headStart, headStart + headerSize))
  const { generator, discriminator } = describeGan(header.settings)
  const sizes = [
    ...[parameterCount(generator), parameterCount(discriminator)].flatMap((size) => [4 * size, 4 * size, 4 * size]),
    4 * parameterCount(generator),
    4 * header.curves.rows * curveColumns.length,
    4 * header.scores * scoreColumns.length,
    header.frames.steps.length * showcaseCount * imageSize,
  ]
  const total = headStart + headerSize + sizes.reduce((sum, size) => sum + pad(size), 0) + 4
  if (total !== file.byteLength) throw broken(`it has ${file.byteLength} bytes instead of ${total}`)
  if (view.getUint32(total - 4, true) !== crc32(file.subarray(0, total - 4))) throw broken('its check sum is wrong')

  let at = headStart + headerSize
  const take = (): Uint8Array => {
    const size = sizes.shift() ?? 0
    // Copied to a buffer of its own, so that floats may be read in place; "slice" of Node's Buffer would not copy.
    const section = new Uint8Array(file.subarray(at, at + size))
    at += pad(size)
    return section
  }
  const numbers = (): Float32Array => new Float32Array(take().buffer)
  const network = (updates: number): NetworkState => ({ weights: numbers(), firstMoment: numbers(), secondMoment: numbers(), updates })
  const engine = { generator: network(header.updates[0]), discriminator: network(header.updates[1]), average: numbers() }
  if (!isHealthy(engine)) throw broken('it holds weights that are not finite')
  return {
    settings: header.settings,
    step: header.step,
    random: header.random,
    backend: header.backend,
    data: header.data,
    engine,
    curves: Curves.fromArray(numbers(), header.curves.stride),
    scores: scoresFromArray(numbers()),
    frames: Frames.restore(header.frames.every, header.frames.steps, take()),
  }
}

interface Header {
  readonly settings: TrainingSettings
  readonly step: number
  readonly random: RandomState
  readonly backend: Backend
  readonly data: DatasetIdentity
  readonly updates: readonly [number, number]
  readonly curves: { readonly rows: number; readonly stride: number }
  readonly scores: number
  readonly frames: { readonly every: number; readonly steps: readonly number[] }
}

function parseHeader(bytes: Uint8Array): Header {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw broken('its header is not JSON')
  }
  if (!isRecord(json)) throw broken('its header is not an object')
  const [step, random, backend, data, updates, curves, scores, frames] = ['step', 'random', 'backend', 'data', 'updates', 'curves', 'scores', 'frames'].map((key) => own(json, key))
  const settings = settingsOf(own(json, 'settings'))
  const most = Number.MAX_SAFE_INTEGER
  if (!isIntegerIn(step, 0, 1e7)) throw broken('its step is missing')
  if (!isRandomState(random)) throw broken('its random state is missing')
  if (!isBackend(backend)) throw broken('its backend is unknown')
  if (!isRecord(data) || !isIntegerIn(data['count'], 1, most) || !isIntegerIn(data['crc'], 0, 0xffff_ffff)) throw broken('it does not say what it learns from')
  if (!isIntegerArray(updates, 0, most) || updates.length !== 2) throw broken('its update counts are missing')
  if (!isRecord(curves) || !isIntegerIn(curves['rows'], 0, 1e6) || !isIntegerIn(curves['stride'], 1, 1e6)) throw broken('its curves are missing')
  if (!isIntegerIn(scores, 0, 1e6)) throw broken('its scores are missing')
  if (!isRecord(frames) || !isIntegerIn(frames['every'], 1, 1e7)) throw broken('its frames are missing')
  const steps = frames['steps']
  if (!isIntegerArray(steps, 0, 1e7) || steps.length > 4096 || steps.some((at, i) => i > 0 && at <= (steps[i - 1] ?? 0))) throw broken('its frames are out of order')
  const [generatorUpdates = 0, discriminatorUpdates = 0] = updates
  return {
    settings,
    step,
    random: [...random],
    backend,
    data: { count: data['count'], crc: data['crc'] },
    updates: [generatorUpdates, discriminatorUpdates],
    curves: { rows: curves['rows'], stride: curves['stride'] },
    scores,
    frames: { every: frames['every'], steps: [...steps] },
  }
}

function settingsOf(value: unknown): TrainingSettings {
  try {
    return parseSettings(value)
  } catch (error) {
    throw broken(toInklingError(error).message)
  }
}

function networkArrays(state: NetworkState): Float32Array[] {
  return [state.weights, state.firstMoment, state.secondMoment]
}

function asBytes(array: Float32Array | Uint8Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

function pad(size: number): number {
  return (size + 3) & ~3
}

function broken(reason: string): InklingError {
  return InklingError.of('gan-checkpoint-broken', { reason })
}
