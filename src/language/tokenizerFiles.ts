import { InklingError } from '../base/errors'
import { isIntegerIn, isRecord, own, type JsonRecord } from '../base/json'
import { AddedTokenList } from './addedTokenFiles'
import { maximumTokenId, readMergeLines, readMerges, readVocabulary, type Vocabulary } from './bpeFiles'
import { ByteLevelBpe } from './byteLevelBpe'
import { brokenFile, parseJsonObject, quote } from './fileGuards'
import { MergeTable } from './mergeTable'
import { byteLevel } from './preTokenizer'
import type { Tokenizer } from './tokenizer'
import type { BpeTables, TokenizerParts } from './tokenizerParts'
import { readNormalizer, readPreTokenizer } from './tokenizerSteps'
import { fromUtf8 } from './utf8'

export interface TokenizerOptions {
  /** `eos_token_id` of the model's configuration; it counts for more than any name in the tokenizer's files. */
  readonly endOfText?: number | undefined
}

/** The files of a GPT-2 tokenizer in its older layout, as bytes. */
export interface VocabularyFiles {
  /** `vocab.json`: token → id. */
  readonly vocabulary: Uint8Array
  /** `merges.txt`: one pair a line. */
  readonly merges: Uint8Array
  /** `tokenizer_config.json`, if there is one: added tokens and whether a space is put first. */
  readonly configuration?: Uint8Array | undefined
}

const tokenizerFile = 'tokenizer.json'

/** Special tokens that models of this family end a text with. */
const endings = ['<|endoftext|>', '</s>', '<eos>', '<|end_of_text|>']

/**
 * Reads a `tokenizer.json` of Hugging Face's `tokenizers`. Post-processors are left out: what they put around a text is
 * for whole documents, and a continuation begins in the middle of one.
 * @throws InklingError `model-file-broken`, or `model-unsupported` for anything but byte-level BPE
 */
export function readTokenizerJson(bytes: Uint8Array, options: TokenizerOptions = {}): Tokenizer {
  return tokenizerOf(partsOf(bytes), options)
}

/**
 * The parts of a `tokenizer.json`.
 * @throws InklingError `model-file-broken`, or `model-unsupported` for anything but byte-level BPE
 */
export function partsOf(bytes: Uint8Array): TokenizerParts {
  const root = parseJsonObject(tokenizerFile, bytes)
  const model = requireRecord(tokenizerFile, root, 'model')
  requireBpe(model)
  const vocabulary = readVocabulary(tokenizerFile, requireRecord(tokenizerFile, model, 'vocab'))
  const merges = own(model, 'merges')
  if (!Array.isArray(merges)) throw brokenFile(tokenizerFile, 'merges is not a list')
  const { vocab: _, merges: __, ...restOfModel } = model
  return { tables: { vocabulary, merges: readMerges(tokenizerFile, merges, vocabulary) }, rest: { ...root, model: restOfModel } }
}

/**
 * The tokenizer of a `tokenizer.json`.
 * @param parts `partsOf` it
 * @throws InklingError `model-file-broken`, `model-unsupported`
 */
export function tokenizerOf({ tables: { vocabulary, merges }, rest: root }: TokenizerParts, options: TokenizerOptions = {}): Tokenizer {
  const model = requireRecord(tokenizerFile, root, 'model')
  const added = new AddedTokenList(vocabulary)
  const addedTokens = own(root, 'added_tokens') ?? []
  if (!Array.isArray(addedTokens)) throw brokenFile(tokenizerFile, 'added_tokens is not a list')
  for (const entry of addedTokens) added.add(tokenizerFile, isRecord(entry) ? own(entry, 'id') : undefined, entry)
  return new ByteLevelBpe({
    vocabulary,
    merges: MergeTable.of(merges),
    addedTokens: added.tokens,
    normalize: readNormalizer(tokenizerFile, own(root, 'normalizer')),
    preTokenize: readPreTokenizer(tokenizerFile, own(root, 'pre_tokenizer')),
    unknown: readUnknown(model, vocabulary),
    ignoreMerges: own(model, 'ignore_merges') === true,
    endOfText: endOfText(options, added),
  })
}

/**
 * Reads the older layout of `vocab.json` and `merges.txt`.
 * @throws InklingError `model-file-broken`
 */
export function readVocabularyFiles(files: VocabularyFiles, options: TokenizerOptions = {}): Tokenizer {
  return vocabularyTokenizer(tablesOfVocabularyFiles(files), files.configuration, options)
}

/** The tables of the older layout. @throws InklingError `model-file-broken` */
export function tablesOfVocabularyFiles(files: Omit<VocabularyFiles, 'configuration'>): BpeTables {
  const vocabulary = readVocabulary('vocab.json', parseJsonObject('vocab.json', files.vocabulary))
  return { vocabulary, merges: readMerges('merges.txt', readMergeLines(fromUtf8(files.merges)), vocabulary) }
}

/**
 * The tokenizer of the older layout.
 * @param bytes `tokenizer_config.json`, if there is one
 * @throws InklingError `model-file-broken`
 */
export function vocabularyTokenizer({ vocabulary, merges }: BpeTables, bytes: Uint8Array | undefined, options: TokenizerOptions = {}): Tokenizer {
  const added = new AddedTokenList(vocabulary)
  const configurationFile = 'tokenizer_config.json'
  const configuration = bytes === undefined ? {} : parseJsonObject(configurationFile, bytes)
  const decoder = own(configuration, 'added_tokens_decoder') ?? {}
  if (!isRecord(decoder)) throw brokenFile(configurationFile, 'added_tokens_decoder is not an object')
  for (const id of Object.keys(decoder)) added.add(configurationFile, Number(id), decoder[id])
  const named = ['eos_token', 'bos_token', 'unk_token', 'pad_token'].map((name) => tokenName(own(configuration, name)))
  for (const name of [...named, '<|endoftext|>']) if (name !== undefined) added.addSpecial(name)
  return new ByteLevelBpe({
    vocabulary,
    merges: MergeTable.of(merges),
    addedTokens: added.tokens,
    normalize: (text) => text,
    preTokenize: byteLevel({ addPrefixSpace: own(configuration, 'add_prefix_space') === true, useRegex: true }),
    unknown: undefined,
    ignoreMerges: false,
    endOfText: endOfText(options, added, named[0]),
  })
}

function requireBpe(model: JsonRecord): void {
  const type = own(model, 'type') ?? 'BPE'
  const unsupported = (what: string): InklingError => InklingError.of('model-unsupported', { reason: `its tokenizer ${what}` })
  if (type !== 'BPE') throw unsupported(`is of the kind ${typeof type === 'string' ? quote(type) : 'unknown'}`)
  for (const name of ['continuing_subword_prefix', 'end_of_word_suffix']) {
    if ((own(model, name) ?? '') !== '') throw unsupported(`uses ${name}`)
  }
}

/** The token for unknown bytes; one that the vocabulary lacks is as good as none. */
function readUnknown(model: JsonRecord, { ids }: Vocabulary): { id: number; fuse: boolean } | undefined {
  const name = own(model, 'unk_token')
  const id = typeof name === 'string' ? ids.get(name) : undefined
  return id === undefined ? undefined : { id, fuse: own(model, 'fuse_unk') === true }
}

function endOfText(options: TokenizerOptions, added: AddedTokenList, named?: string): number | undefined {
  if (isIntegerIn(options.endOfText, 0, maximumTokenId)) return options.endOfText
  if (named !== undefined) return added.idOf(named)
  const special = added.tokens.find((token) => token.special && endings.includes(token.content))
  return special?.id ?? added.idOf('<|endoftext|>')
}

function tokenName(value: unknown): string | undefined {
  const name = isRecord(value) ? own(value, 'content') : value
  return typeof name === 'string' ? name : undefined
}

function requireRecord(file: string, record: JsonRecord, name: string): JsonRecord {
  const value = own(record, name)
  if (!isRecord(value)) throw brokenFile(file, `${name} is not an object`)
  return value
}
