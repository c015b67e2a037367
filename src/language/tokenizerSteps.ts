import { InklingError } from '../base/errors'
import { isRecord, own, type JsonRecord } from '../base/json'
import { brokenFile, quote } from './fileGuards'
import { byteLevel, digits, sequence, type PreTokenizer } from './preTokenizer'

export type Normalizer = (text: string) => string

const deepestNesting = 8
const gpt2Pattern = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"

/** Reads the `normalizer` of a tokenizer.json. */
export function readNormalizer(file: string, value: unknown, depth = 0): Normalizer {
  if (value === undefined || value === null) return (text) => text
  const { record, type } = step(file, value, depth)
  switch (type) {
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return (text) => text.normalize(type)
    case 'Sequence': {
      const steps = list(file, record, 'normalizers').map((inner) => readNormalizer(file, inner, depth + 1))
      return (text) => steps.reduce((current, normalize) => normalize(current), text)
    }
    default:
      throw unsupported(`normalizer ${quote(type)}`)
  }
}

/** Reads the `pre_tokenizer` of a tokenizer.json, which has to end in bytes. */
export function readPreTokenizer(file: string, value: unknown): PreTokenizer {
  if (value === undefined || value === null) throw unsupported('a vocabulary that is not one of bytes')
  const steps = flatten(file, value, 0)
  const last = steps.at(-1)
  if (last?.type !== 'ByteLevel') throw unsupported(`pre-tokenizer ${quote(last?.type ?? 'Sequence')}`)
  return sequence(steps.map(({ record, type }, index) => readStep(file, record, type, index === steps.length - 1)))
}

interface Step {
  readonly record: JsonRecord
  readonly type: string
}

function flatten(file: string, value: unknown, depth: number): readonly Step[] {
  const { record, type } = step(file, value, depth)
  if (type !== 'Sequence') return [{ record, type }]
  return list(file, record, 'pretokenizers').flatMap((inner) => flatten(file, inner, depth + 1))
}

function readStep(file: string, record: JsonRecord, type: string, isLast: boolean): PreTokenizer {
  if (type === 'ByteLevel' && isLast) {
    return byteLevel({ addPrefixSpace: flag(file, record, 'add_prefix_space', true), useRegex: flag(file, record, 'use_regex', true) })
  }
  if (type === 'Digits') return digits(flag(file, record, 'individual_digits', false))
  if (type === 'Split' && isGpt2Split(record)) return byteLevel({ addPrefixSpace: false, useRegex: true })
  throw unsupported(`pre-tokenizer ${quote(type)}`)
}

/** Some files spell the rule of `ByteLevel` out; other expressions are not taken, because a file could choose one that never ends. */
function isGpt2Split(record: JsonRecord): boolean {
  const pattern = own(record, 'pattern')
  const expression = isRecord(pattern) ? own(pattern, 'Regex') : undefined
  return expression === gpt2Pattern && own(record, 'behavior') === 'Isolated' && own(record, 'invert') !== true
}

function step(file: string, value: unknown, depth: number): Step {
  const type = isRecord(value) ? own(value, 'type') : undefined
  if (!isRecord(value) || typeof type !== 'string') throw brokenFile(file, 'a step of the tokenizer has no type')
  if (depth > deepestNesting) throw brokenFile(file, 'its steps are nested too deeply')
  return { record: value, type }
}

function list(file: string, record: JsonRecord, name: string): readonly unknown[] {
  const value = own(record, name)
  if (!Array.isArray(value)) throw brokenFile(file, `${name} is not a list`)
  return value
}

function flag(file: string, record: JsonRecord, name: string, otherwise: boolean): boolean {
  const value = own(record, name) ?? otherwise
  if (typeof value !== 'boolean') throw brokenFile(file, `${name} is neither true nor false`)
  return value
}

function unsupported(what: string): InklingError {
  return InklingError.of('model-unsupported', { reason: `its tokenizer uses ${what}` })
}
