import { InklingError } from '../base/errors'
import { isIntegerArray, isRecord, own } from '../base/json'

/** Where a tensor stands: bytes `begin` to `end` after the header. */
export interface TensorEntry {
  readonly type: string
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

/** Bytes of an element (safetensors, `Dtype`). */
const elementSizes: ReadonlyMap<string, number> = new Map([
  ['BOOL', 1], ['U8', 1], ['I8', 1], ['F8_E5M2', 1], ['F8_E4M3', 1],
  ['U16', 2], ['I16', 2], ['F16', 2], ['BF16', 2],
  ['U32', 4], ['I32', 4], ['F32', 4],
  ['U64', 8], ['I64', 8], ['F64', 8],
])

/** Header object, tensor object, its arrays: nothing honest nests deeper. */
const deepestNesting = 3

/** PyTorch itself has no tensor of more dimensions. */
const mostDimensions = 64

/**
 * Reads the header of a safetensors file: a JSON object from names to type, shape and byte range. Together the ranges
 * must cover the data exactly, without overlap or gap, as the format asks.
 * @param bytes the header alone
 * @param dataSize bytes of the file after the header
 * @param file its path, for messages
 * @throws InklingError `model-file-broken`
 */
export function parseSafetensorsHeader(bytes: Uint8Array, dataSize: number, file: string): ReadonlyMap<string, TensorEntry> {
  const fail = (reason: string, cause?: unknown): InklingError => InklingError.of('model-file-broken', { file, reason }, cause)
  const header = parseJson(bytes, fail)
  const entries = new Map<string, TensorEntry>()
  for (const name of Object.keys(header)) {
    if (name !== '__metadata__') entries.set(name, tensorEntry(name, own(header, name), dataSize, fail))
  }
  checkCoverage(entries, dataSize, fail)
  return entries
}

type Fail = (reason: string, cause?: unknown) => InklingError

function parseJson(bytes: Uint8Array, fail: Fail): Readonly<Record<string, unknown>> {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (error) {
    throw fail('its header is no UTF-8', error)
  }
  if (!text.startsWith('{')) throw fail('its header is no JSON object')
  checkStructure(text, fail)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw fail('its header is no JSON', error)
  }
  if (!isRecord(value)) throw fail('its header is no JSON object')
  return value
}

/**
 * What JSON.parse does not refuse: nesting without end, and a name that stands twice (the later would win silently).
 * One pass over the characters, whatever they are; a regular expression could be made to run away here.
 */
function checkStructure(text: string, fail: Fail): void {
  const names = new Set<string>()
  let depth = 0
  let candidate: string | undefined
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (character === '"') {
      const end = endOfString(text, i)
      if (depth === 1) candidate = text.slice(i, end + 1)
      i = end
    } else if (character === '{' || character === '[') {
      if (++depth > deepestNesting) throw fail('its header is nested too deeply')
    } else if (character === '}' || character === ']') {
      depth--
    } else if (character === ':' && depth === 1 && candidate !== undefined) {
      const name = unquote(candidate)
      if (names.has(name)) throw fail(`its header names ${short(name)} twice`)
      names.add(name)
      candidate = undefined
    }
  }
}

/** Index of the quote that ends the string which begins at `start`, or of the end of the text. */
function endOfString(text: string, start: number): number {
  let i = start + 1
  while (i < text.length && text[i] !== '"') i += text[i] === '\\' ? 2 : 1
  return i
}

function unquote(quoted: string): string {
  try {
    const value: unknown = JSON.parse(quoted)
    return typeof value === 'string' ? value : quoted
  } catch {
    // A broken escape: JSON.parse of the whole header refuses it in a moment.
    return quoted
  }
}

function tensorEntry(name: string, value: unknown, dataSize: number, fail: Fail): TensorEntry {
  if (!isRecord(value)) throw fail(`the entry of ${short(name)} is no object`)
  const type = own(value, 'dtype')
  const elementSize = typeof type === 'string' ? elementSizes.get(type) : undefined
  if (typeof type !== 'string' || elementSize === undefined) throw fail(`${short(name)} has an unknown type`)
  const shape = own(value, 'shape')
  if (!isIntegerArray(shape, 0, Number.MAX_SAFE_INTEGER) || shape.length > mostDimensions) throw fail(`${short(name)} has no proper shape`)
  const offsets = own(value, 'data_offsets')
  if (!isIntegerArray(offsets, 0, dataSize)) throw fail(`${short(name)} lies outside the file`)
  const [begin, end] = offsets
  if (begin === undefined || end === undefined || offsets.length !== 2 || begin > end) throw fail(`${short(name)} has no proper byte range`)

  // Dimensions multiply beyond what a number holds exactly; no honest product exceeds the file.
  let size = elementSize
  for (const dimension of shape) {
    size *= dimension
    if (size > Number.MAX_SAFE_INTEGER) throw fail(`${short(name)} has an absurd shape`)
  }
  if (size !== end - begin) throw fail(`${short(name)} has ${end - begin} bytes where its shape asks for ${size}`)
  return { type, shape, begin, end }
}

function checkCoverage(entries: ReadonlyMap<string, TensorEntry>, dataSize: number, fail: Fail): void {
  const ordered = [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)
  let covered = 0
  for (const [name, { begin, end }] of ordered) {
    if (begin < covered) throw fail(`${short(name)} overlaps another tensor`)
    if (begin > covered) throw fail(`there is a gap before ${short(name)}`)
    covered = end
  }
  if (covered !== dataSize) throw fail(`its tensors end ${dataSize - covered} bytes before the file does`)
}

function short(name: string): string {
  return name.length > 60 ? `${name.slice(0, 60)}…` : name
}
