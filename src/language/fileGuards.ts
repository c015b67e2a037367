import { InklingError } from '../base/errors'
import { isRecord, type JsonRecord } from '../base/json'
import { fromUtf8 } from './utf8'

export function brokenFile(file: string, reason: string, cause?: unknown): InklingError {
  return InklingError.of('model-file-broken', { file, reason }, cause)
}

/** @throws InklingError `model-file-broken` when `bytes` are no JSON object */
export function parseJsonObject(file: string, bytes: Uint8Array): JsonRecord {
  let value: unknown
  try {
    value = JSON.parse(fromUtf8(withoutMark(bytes)))
  } catch (error) {
    throw brokenFile(file, 'it is not valid JSON', error)
  }
  if (!isRecord(value)) throw brokenFile(file, 'it does not hold a JSON object')
  return value
}

/** `text` as it may stand in a message: short, whatever a file put into it. */
export function quote(text: string): string {
  const short = text.length > 40 ? `${text.slice(0, 40)}…` : text
  return JSON.stringify(short)
}

/** Text editors on Windows put a byte order mark first. */
function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes
}
