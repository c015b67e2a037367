import { isIntegerIn, isRecord, own, type JsonRecord } from '../base/json'
import type { AddedToken } from './addedTokens'
import { maximumTokenId, type Vocabulary } from './bpeFiles'
import { brokenFile, quote } from './fileGuards'

/**
 * Collects added tokens and sees to it that they and the vocabulary agree: one id for each text, one text for each id.
 */
export class AddedTokenList {
  private readonly byContent = new Map<string, AddedToken>()
  private readonly byId = new Map<number, AddedToken>()

  constructor(private readonly vocabulary: Vocabulary) {}

  get tokens(): readonly AddedToken[] {
    return [...this.byContent.values()]
  }

  /** A token of that text, added or of the vocabulary. */
  idOf(content: string): number | undefined {
    return this.byContent.get(content)?.id ?? this.vocabulary.ids.get(content)
  }

  /** @param entry as in `added_tokens` of tokenizer.json or `added_tokens_decoder` of tokenizer_config.json */
  add(file: string, id: unknown, entry: unknown): void {
    if (!isRecord(entry)) throw brokenFile(file, 'an added token is not an object')
    const content = own(entry, 'content')
    if (typeof content !== 'string' || content === '') throw brokenFile(file, 'an added token has no text')
    if (!isIntegerIn(id, 0, maximumTokenId)) throw brokenFile(file, `the added token ${quote(content)} has no usable id`)
    if ((this.idOf(content) ?? id) !== id) throw brokenFile(file, `the added token ${quote(content)} has two ids`)
    if ((this.byId.get(id)?.content ?? this.vocabulary.tokens[id] ?? content) !== content) throw brokenFile(file, `two tokens have the id ${id}`)
    const special = flag(file, entry, 'special', false)
    this.insert({
      id,
      content,
      singleWord: flag(file, entry, 'single_word', false),
      lstrip: flag(file, entry, 'lstrip', false),
      rstrip: flag(file, entry, 'rstrip', false),
      normalized: flag(file, entry, 'normalized', !special),
      special,
    })
  }

  /** Makes `content` special if the vocabulary has it and nothing more exact was said about it. */
  addSpecial(content: string): void {
    const id = this.vocabulary.ids.get(content)
    if (id === undefined || this.byContent.has(content)) return
    this.insert({ id, content, singleWord: false, lstrip: false, rstrip: false, normalized: false, special: true })
  }

  private insert(token: AddedToken): void {
    this.byContent.set(token.content, token)
    this.byId.set(token.id, token)
  }
}

function flag(file: string, entry: JsonRecord, name: string, otherwise: boolean): boolean {
  const value = own(entry, name) ?? otherwise
  if (typeof value !== 'boolean') throw brokenFile(file, `${name} of an added token is neither true nor false`)
  return value
}
