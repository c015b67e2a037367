import { isRecord, own, type JsonRecord } from '../../base/json'
import { fromAlphabet } from '../../language/byteAlphabet'
import { toUtf8 } from '../../language/utf8'

/** How the tokens of a vocabulary are written. */
export type Spelling =
  /** In the alphabet of GPT-2's bytes. */
  | { readonly kind: 'bytes' }
  /** As text with a sign for spaces, as SentencePiece does; `<0x0A>` is a byte where there is a fallback to bytes. */
  | { readonly kind: 'text'; readonly space: string; readonly byteFallback: boolean }

const deepestNesting = 8

/** @param tokenizer a tokenizer.json. @returns undefined where its tokens do not say what text they stand for */
export function readSpelling(tokenizer: JsonRecord): Spelling | undefined {
  const steps = flatten(own(tokenizer, 'decoder'), 'decoders', 0)
  if (steps.some((step) => own(step, 'type') === 'ByteLevel')) return { kind: 'bytes' }
  const byteFallback = steps.some((step) => own(step, 'type') === 'ByteFallback')
  for (const step of steps) {
    if (own(step, 'type') === 'Metaspace') {
      const space = own(step, 'replacement')
      return { kind: 'text', space: typeof space === 'string' && space !== '' ? space : '▁', byteFallback }
    }
    const pattern = own(step, 'pattern')
    const space = isRecord(pattern) ? own(pattern, 'String') : undefined
    if (own(step, 'type') === 'Replace' && own(step, 'content') === ' ' && typeof space === 'string' && space !== '') return { kind: 'text', space, byteFallback }
  }
  return undefined
}

/** The bytes that a token of the vocabulary stands for. */
export function spelledBytes(token: string, spelling: Spelling): Uint8Array {
  if (spelling.kind === 'bytes') return fromAlphabet(token) ?? toUtf8(token)
  const byte = spelling.byteFallback ? /^<0x([0-9A-F]{2})>$/.exec(token)?.[1] : undefined
  return byte === undefined ? toUtf8(token.replaceAll(spelling.space, ' ')) : Uint8Array.of(parseInt(byte, 16))
}

/**
 * The tokens that stand before every text, such as Llama's `<s>`, by the template of the tokenizer's post-processor.
 * @param tokenizer a tokenizer.json
 */
export function readOpening(tokenizer: JsonRecord): readonly number[] {
  const template = flatten(own(tokenizer, 'post_processor'), 'processors', 0).find((step) => own(step, 'type') === 'TemplateProcessing')
  const single = template === undefined ? undefined : own(template, 'single')
  const tokens = template === undefined ? undefined : own(template, 'special_tokens')
  if (!Array.isArray(single) || !isRecord(tokens)) return []
  const opening: number[] = []
  for (const part of single as readonly unknown[]) {
    const special = isRecord(part) ? own(part, 'SpecialToken') : undefined
    if (!isRecord(special)) return opening
    const token = own(tokens, String(own(special, 'id')))
    const ids = isRecord(token) ? own(token, 'ids') : undefined
    if (Array.isArray(ids)) for (const id of ids as readonly unknown[]) if (typeof id === 'number') opening.push(id)
  }
  // Without a text in it, it is no template.
  return []
}

function flatten(value: unknown, list: string, depth: number): readonly JsonRecord[] {
  if (!isRecord(value) || depth > deepestNesting) return []
  const inner = own(value, list)
  return own(value, 'type') === 'Sequence' && Array.isArray(inner) ? inner.flatMap((step: unknown) => flatten(step, list, depth + 1)) : [value]
}
