import { InklingError } from '../base/errors'
import { isIntegerIn, isRecord, own } from '../base/json'
import { parseDigest } from './digest'
import type { Layout } from './filePlan'
import { parseModelId, type ModelId } from './modelId'
import { areSafePaths } from './safePath'

/** What the store knows of an installed model; lies beside the model's files. */
export interface Manifest {
  readonly id: ModelId
  /** Host or folder that it came from. */
  readonly source: string
  /** Commit at the source; empty when it has none. */
  readonly commit: string
  /** Empty when the source does not say. */
  readonly licence: string
  readonly layout: Layout
  readonly modelFile: string
  /** Tokens; undefined when config.json does not say. */
  readonly contextLength: number | undefined
  /** Number of weights; undefined when it is not known. */
  readonly parameters: number | undefined
  readonly files: readonly StoredFile[]
}

export interface StoredFile {
  readonly path: string
  readonly sizeBytes: number
  /** As it was when it was checked against the source. */
  readonly sha256: string
}

export const manifestName = 'inkling-model.json'

const format = 1
const largestFile = 2 ** 42

export function writeManifest(manifest: Manifest): string {
  return JSON.stringify({ format, ...manifest }, null, 2) + '\n'
}

/** @throws InklingError `model-file-broken` */
export function parseManifest(text: string, file: string): Manifest {
  const broken = (reason: string, cause?: unknown): InklingError => InklingError.of('model-file-broken', { file, reason }, cause)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw broken('it is no JSON', error)
  }
  if (!isRecord(value) || own(value, 'format') !== format) throw broken('it has another format')
  const text_ = (key: string): string => {
    const found = own(value, key)
    if (typeof found !== 'string' || found.length > 1000) throw broken(`${key} is no text`)
    return found
  }
  const count = (key: string): number | undefined => {
    const found = own(value, key)
    if (found !== undefined && !isIntegerIn(found, 1, Number.MAX_SAFE_INTEGER)) throw broken(`${key} is no number`)
    return found
  }
  const id = parseModelId(text_('id'))
  const layout = (['safetensors', 'onnx'] as const).find((known) => known === own(value, 'layout'))
  const listed = own(value, 'files')
  if (id === undefined || layout === undefined || !Array.isArray(listed)) throw broken('it names no model')
  const files = listed.map((entry: unknown): StoredFile => {
    const path = isRecord(entry) ? own(entry, 'path') : undefined
    const sizeBytes = isRecord(entry) ? own(entry, 'sizeBytes') : undefined
    const digest = isRecord(entry) ? parseDigest('sha256', own(entry, 'sha256')) : undefined
    if (typeof path !== 'string' || !isIntegerIn(sizeBytes, 0, largestFile) || digest === undefined) throw broken('a file of it is not described')
    return { path, sizeBytes, sha256: digest.hex }
  })
  const modelFile = text_('modelFile')
  if (!areSafePaths(files.map(({ path }) => path)) || !files.some(({ path }) => path === modelFile)) throw broken('it names files that it must not')
  return {
    id, layout, modelFile, files,
    source: text_('source'), commit: text_('commit'), licence: text_('licence'),
    contextLength: count('contextLength'), parameters: count('parameters'),
  }
}
