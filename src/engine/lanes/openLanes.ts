import { closeSync, openSync } from 'node:fs'
import { open, readFile, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { InklingError, reasonOf } from '../../base/errors'
import type { Gpt2Config } from '../../gpt2/config'
import { fitsPreview, layLanes, type LaneModel } from '../../gpt2/laneWeights'
import type { Bits } from '../../gpt2/quantize'
import type { Gpt2Weights } from '../../gpt2/weights'
import { knowsFusedKernels } from '../../gan-tfjs/kernelFile'
import { weightsFile, type GraphCache } from '../onnx/graphCache'
import { readAtOnce } from '../readAtOnce'
import { allowRelaxedSimd } from '../relaxedSimd'
import { WasmArranger, type LaneRoom } from './arranger'
import { compileWhole } from './compileWhole'
import { kernelsIn } from './kernels'
import { LaneDecoder } from './laneDecoder'
import type { LaneThreads } from './laneMemory'
import { isSmall } from './laneSteps'
import { hasWideVectors } from './wideVectors'

export interface LaneOptions {
  /** decoder.wasm */
  readonly kernels: string
  readonly threads: LaneThreads
  /** Folder of a made file; undefined where there is none. */
  readonly entry: string | undefined
  /** Where a file that is not there is made first, and under which name; undefined makes it in memory. */
  readonly keep: { readonly cache: GraphCache; readonly key: string } | undefined
  readonly onProgress?: ((fraction: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** Whether this engine can compile the decoder. To be called before any WebAssembly is compiled. */
export function knowsLanes(): boolean {
  allowRelaxedSimd()
  return knowsFusedKernels()
}

/** A head of so many weights takes a share of a token's time that is worth half as many bytes in memory. */
const largeHead = 1 << 24

function wantsPreview(config: Gpt2Config): boolean {
  return !isSmall(config) && config.vocabulary * config.width >= largeHead && fitsPreview(config)
}

/**
 * @returns undefined where there is not enough memory for it
 * @throws InklingError `disk-full`, `file-unwritable`, `file-unreadable`; CancelledError
 */
export async function openLanes(config: Gpt2Config, weights: Gpt2Weights, bits: Bits, options: LaneOptions): Promise<LaneDecoder | undefined> {
  try {
    const kernels = kernelsIn(options.kernels)
    let room: LaneRoom | undefined
    const model = layLanes(config, weights, bits, async () => WasmArranger.open(await kernels, room), wantsPreview(config))
    const folder = options.entry ?? (await made(model, options))
    const decoder = await LaneDecoder.open(config, model, kernels, options.threads, (to, own) => {
      if (folder !== undefined) return readInto(path.join(folder, weightsFile), to)
      room = own
      return makeInMemory(model, to, options)
    })
    if (hasWideVectors) setTimeout(() => void checkVectors(decoder, options.kernels), restMs).unref()
    return decoder
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Who waits for the first suggestion is not to wait for this. */
const restMs = 3000

/** An engine that computes wrongly ends. The one that follows it does without wide vectors. */
async function checkVectors(decoder: LaneDecoder, kernels: string): Promise<void> {
  const bytes = await readFile(kernels).catch(() => undefined)
  // Where the file is gone by now, nothing can be said about them.
  if (bytes === undefined) return
  const narrow = await compileWhole(bytes, false)
  if (!(await decoder.agreesWith(narrow))) throw new Error('The wide vectors of V8 give other numbers than its narrow ones')
}

async function made(model: LaneModel, { keep, onProgress, signal }: LaneOptions): Promise<string | undefined> {
  return keep?.cache.store(keep.key, { weightsSize: model.sizeBytes, writeWeights: model.write }, onProgress, signal)
}

function makeInMemory(model: LaneModel, to: Uint8Array, { onProgress, signal }: LaneOptions): Promise<void> {
  return model.write({ write: async (offset, bytes) => to.set(bytes, offset) }, onProgress, signal)
}

/** Pieces are read side by side. */
const pieceBytes = 8 << 20

/** So much is read sooner than other threads of a busy machine have their turn. */
const mostAtOnce = 32 << 20

function readWhole(file: string, to: Uint8Array): void {
  const descriptor = openSync(file, 'r')
  try {
    if (readAtOnce(descriptor, to) < to.length) throw new Error('it has become shorter')
  } finally {
    closeSync(descriptor)
  }
}

async function readInto(file: string, to: Uint8Array): Promise<void> {
  let handle: FileHandle | undefined
  try {
    if (to.length <= mostAtOnce) return readWhole(file, to)
    const opened = (handle = await open(file, 'r'))
    const pieces = Array.from({ length: Math.ceil(to.length / pieceBytes) }, (_, i) => i * pieceBytes)
    await Promise.all(pieces.map((from) => readPiece(opened, to.subarray(from, from + pieceBytes), from)))
  } catch (error) {
    throw InklingError.of('file-unreadable', { file, reason: reasonOf(error) }, error)
  } finally {
    await handle?.close()
  }
}

async function readPiece(file: FileHandle, to: Uint8Array, position: number): Promise<void> {
  for (let filled = 0; filled < to.length; ) {
    const { bytesRead } = await file.read(to, filled, to.length - filled, position + filled)
    if (bytesRead === 0) throw new Error('it has become shorter')
    filled += bytesRead
  }
}
