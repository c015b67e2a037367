import type { PreTrainedTokenizer } from '@xenova/transformers'
import { InklingError } from '../../base/errors'
import { isIntegerIn, isRecord, own, type JsonRecord } from '../../base/json'
import { maximumTokenId } from '../../language/bpeFiles'
import { brokenFile, parseJsonObject } from '../../language/fileGuards'
import type { Tokenizer } from '../../language/tokenizer'
import { fromUtf8, toUtf8 } from '../../language/utf8'
import { readSpelling, spelledBytes, type Spelling } from './pieceSpelling'

const noBytes = new Uint8Array(0)

/**
 * A tokenizer of any kind that transformers.js knows, with what the language layer needs on top: the bytes of each token.
 *
 * A file can bring a regular expression that never ends. It can as well bring a graph that never ends, so that is left to
 * the process: it is not the editor's, and can be restarted.
 */
class HubTokenizer implements Tokenizer {
  readonly vocabularySize: number
  private readonly tokenBytes: readonly (Uint8Array | undefined)[]
  private readonly special: ReadonlySet<number>

  constructor(
    private readonly tokenizer: PreTrainedTokenizer,
    added: ReadonlyMap<number, { readonly content: string; readonly special: boolean }>,
    spelling: Spelling,
    readonly endOfText: number | undefined,
  ) {
    const bytes: (Uint8Array | undefined)[] = []
    for (const [token, id] of tokenizer.get_vocab()) if (isIntegerIn(id, 0, maximumTokenId)) bytes[id] = spelledBytes(token, spelling)
    for (const [id, { content }] of added) bytes[id] = toUtf8(content)
    this.tokenBytes = bytes
    this.vocabularySize = bytes.length
    const special = new Set([...added].filter(([, token]) => token.special).map(([id]) => id))
    this.special = endOfText === undefined ? special : special.add(endOfText)
  }

  encode(text: string): Int32Array {
    return Int32Array.from(this.tokenizer.encode(text.replace(/\p{Surrogate}/gu, '\ufffd'), { add_special_tokens: false }))
  }

  decode(ids: ArrayLike<number>): string {
    return fromUtf8(Buffer.concat(Array.from(ids, (id) => this.bytes(id))))
  }

  isSpecial(id: number): boolean {
    return this.special.has(id)
  }

  bytes(id: number): Uint8Array {
    return this.tokenBytes[id] ?? noBytes
  }
}

/**
 * @param tokenizer `tokenizer.json`
 * @param configuration `tokenizer_config.json`, if there is one
 * @param endOfText id of the token that ends a text, as the model's configuration says
 * @throws InklingError `model-file-broken`, `model-unsupported`
 */
export async function readHubTokenizer(tokenizer: Uint8Array, configuration: Uint8Array | undefined, endOfText: number | undefined): Promise<Tokenizer> {
  const file = 'tokenizer.json'
  const json = parseJsonObject(file, tokenizer)
  const settings = configuration === undefined ? {} : parseJsonObject('tokenizer_config.json', configuration)
  const spelling = readSpelling(json)
  if (spelling === undefined) throw InklingError.of('model-unsupported', { reason: 'its tokens do not say what text they stand for' })
  // A library that most models do not need is loaded by the first that does.
  const { PreTrainedTokenizer: HubClass } = await import('@xenova/transformers')
  let made: PreTrainedTokenizer
  try {
    made = new HubClass(json, settings)
    made.encode('a', { add_special_tokens: false })
  } catch (error) {
    throw brokenFile(file, 'transformers.js cannot make a tokenizer of it', error)
  }
  return new HubTokenizer(made, addedTokens(json), spelling, endOfText ?? made.eos_token_id)
}

function addedTokens(tokenizer: JsonRecord): ReadonlyMap<number, { content: string; special: boolean }> {
  const listed = own(tokenizer, 'added_tokens')
  const added = new Map<number, { content: string; special: boolean }>()
  for (const entry of Array.isArray(listed) ? (listed as readonly unknown[]) : []) {
    if (!isRecord(entry)) continue
    const [id, content] = [own(entry, 'id'), own(entry, 'content')]
    if (isIntegerIn(id, 0, maximumTokenId) && typeof content === 'string') added.set(id, { content, special: own(entry, 'special') === true })
  }
  return added
}
