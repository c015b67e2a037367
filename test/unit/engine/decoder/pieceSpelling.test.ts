import { describe, expect, it } from 'vitest'
import { readOpening, readSpelling, spelledBytes } from '../../../../src/engine/decoder/pieceSpelling'
import type { JsonRecord } from '../../../../src/base/json'

const sentencePiece = { type: 'Sequence', decoders: [{ type: 'Replace', pattern: { String: '▁' }, content: ' ' }, { type: 'ByteFallback' }, { type: 'Fuse' }] }

describe('the tokens of a tokenizer', () => {
  it.each<[string, unknown, string, string | undefined]>([
    ['GPT-2’s bytes', { type: 'ByteLevel' }, 'Ġé', undefined],
    ['GPT-2’s bytes', { type: 'ByteLevel' }, 'ĠcafÃ©', ' café'],
    ['GPT-2’s bytes within other steps', { type: 'Sequence', decoders: [{ type: 'Fuse' }, { type: 'ByteLevel' }] }, 'Ċ', '\n'],
    ['SentencePiece’s signs', sentencePiece, '▁the▁', ' the '],
    ['bytes where there is a fallback', sentencePiece, '<0x41>', 'A'],
    ['signs where there is none', { type: 'Metaspace', replacement: '▁' }, '<0x41>', '<0x41>'],
    ['another sign for a space', { type: 'Metaspace', replacement: '_' }, '_a', ' a'],
  ])('in %s are read (%j: %j)', (_, decoder, token, text) => {
    const spelling = readSpelling({ decoder })
    if (spelling === undefined) throw new Error('no spelling')
    const bytes = Buffer.from(spelledBytes(token, spelling))
    if (text !== undefined) expect(bytes.toString()).toBe(text)
    else expect([...bytes]).toEqual([0x20, 0xe9])
  })

  it.each([[undefined], [null], [{}], [{ type: 'WordPiece', prefix: '##' }], [{ type: 'Sequence', decoders: 7 }], [{ type: 'Metaspace' }]])('of the decoder %j have one spelling at most', (decoder) => {
    const expected = decoder && 'type' in decoder && decoder.type === 'Metaspace' ? { kind: 'text', space: '▁', byteFallback: false } : undefined
    expect(readSpelling({ decoder })).toEqual(expected)
  })
})

describe('what stands before every text', () => {
  const tokens = { '<s>': { ids: [1] }, '[gMASK]': { ids: [7, 8] } }
  const special = (id: string): JsonRecord => ({ SpecialToken: { id, type_id: 0 } })
  const text = { Sequence: { id: 'A', type_id: 0 } }
  it.each<[string, unknown, number[]]>([
    ['nothing without a template', { type: 'ByteLevel' }, []],
    ['one token', { type: 'TemplateProcessing', single: [special('<s>'), text], special_tokens: tokens }, [1]],
    ['several tokens, one of them of two ids', { type: 'TemplateProcessing', single: [special('[gMASK]'), special('<s>'), text], special_tokens: tokens }, [7, 8, 1]],
    ['nothing when the token stands behind', { type: 'TemplateProcessing', single: [text, special('<s>')], special_tokens: tokens }, []],
    ['a token within a sequence of steps', { type: 'Sequence', processors: [{ type: 'ByteLevel' }, { type: 'TemplateProcessing', single: [special('<s>'), text], special_tokens: tokens }] }, [1]],
    ['nothing for a token that is not listed', { type: 'TemplateProcessing', single: [special('<x>'), text], special_tokens: tokens }, []],
    ['nothing without a text', { type: 'TemplateProcessing', single: [special('<s>')], special_tokens: tokens }, []],
  ])('is %s', (_, processor, expected) => {
    expect(readOpening({ post_processor: processor })).toEqual(expected)
  })
})
