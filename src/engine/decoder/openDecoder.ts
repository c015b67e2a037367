import path from 'node:path'
import { InklingError } from '../../base/errors'
import { isIntegerIn, own, type JsonRecord } from '../../base/json'
import type { LanguageModel } from '../../language/languageModel'
import type { Tokenizer } from '../../language/tokenizer'
import { precisionOf } from '../../library/filePlan'
import { contextLength, readDecoderGraph } from '../../library/inspect'
import { createSession, type Device } from '../onnx/createSession'
import { onnxRuntime } from '../onnx/runtime'
import { DecoderModel } from './decoderModel'
import { DecoderSession } from './decoderSession'
import { findReuse } from './findReuse'

export interface DecoderFiles {
  readonly folder: string
  /** The graph's path below the folder. */
  readonly modelFile: string
  /** config.json */
  readonly config: JsonRecord
  readonly tokenizer: Tokenizer
  /** Tokens that the model wants to see before every text. */
  readonly opening: readonly number[]
}

export interface DecoderRun {
  /** What the model is called where the folder's name says nothing. */
  readonly name?: string | undefined
  readonly device: Device
  readonly threads: number | undefined
  readonly onProgress?: ((fraction: number) => void) | undefined
  readonly onWarning?: ((warning: InklingError) => void) | undefined
}

/**
 * A longer text would cost more to copy than to compute: an export takes all keys and values at every step and gives all
 * of them back.
 */
const mostPositions = 2048

/** Vocabularies are often filled up to a round number; what differs by more belongs to another model. */
const mostPadding = 1024

/**
 * Opens a text-generation export of any architecture.
 * @throws InklingError `model-files-unfit`, `tokenizer-mismatch`, `model-unsupported`, `numbers-not-finite`
 */
export async function openDecoder(files: DecoderFiles, run: DecoderRun): Promise<LanguageModel> {
  const { folder, modelFile, config, tokenizer } = files
  const name = run.name ?? path.basename(path.resolve(folder))
  const found = await readDecoderGraph(folder, modelFile, config)
  if ('problems' in found) throw InklingError.of('model-files-unfit', { model: name, problems: found.problems.join('; ') })
  const { graph } = found
  const { vocabularySize: tokens } = tokenizer
  if (tokens > graph.vocabulary || graph.vocabulary - tokens >= mostPadding) throw InklingError.of('tokenizer-mismatch', { tokens, vocabulary: graph.vocabulary })

  const ort = await onnxRuntime()
  run.onProgress?.(0)
  let created
  try {
    created = await createSession(ort, path.join(folder, modelFile), run)
  } catch (error) {
    if (error instanceof InklingError) throw error
    throw InklingError.of('model-unsupported', { reason: `ONNX Runtime does not take ${modelFile} (${error instanceof Error ? error.message.split('\n')[0] ?? '' : String(error)})` }, error)
  }
  const session = new DecoderSession(ort, created.session, graph)
  try {
    run.onProgress?.(0.8)
    const opening = Int32Array.from(files.opening)
    session.checkTokens(opening)
    const reuse = await findReuse(session)
    run.onProgress?.(1)
    return new DecoderModel(session, {
      positions: Math.min(contextLength(config) ?? mostPositions, mostPositions),
      reuse,
      opening,
    }, tokenizer, {
      name,
      architecture: typeOf(config),
      parameters: undefined,
      precision: precisionOf(modelFile, graph.cacheType),
      device: created.device,
    })
  } catch (error) {
    session.dispose()
    throw error
  }
}

/** `eos_token_id` of a configuration: one id, or a list of which the first is taken. */
export function endOfText(config: JsonRecord): number | undefined {
  const value = own(config, 'eos_token_id')
  const first: unknown = Array.isArray(value) ? value[0] : value
  return isIntegerIn(first, 0, Number.MAX_SAFE_INTEGER) ? first : undefined
}

function typeOf(config: JsonRecord): string {
  const type = own(config, 'model_type')
  return typeof type === 'string' ? type.slice(0, 100) : 'unknown'
}
