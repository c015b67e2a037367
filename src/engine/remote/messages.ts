import { isRecord, own, type JsonRecord } from '../../base/json'

/** What may follow, and how likely: one of the tokens that a server lists for a place. */
export interface ListedToken {
  readonly text: string
  /** Natural logarithm. */
  readonly logprob: number
}

/** One token of an answer. */
export interface ServerToken {
  readonly text: string
  /** Where the server tells it. */
  readonly id: number | undefined
  /** Natural logarithm; null for a first token, which has nothing before it. */
  readonly logprob: number | null
  /** The likeliest tokens at this place, in no order. */
  readonly listed: readonly ListedToken[]
}

/** A part of an answer. */
export interface CompletionPart {
  /** Which of several texts it belongs to. */
  readonly index: number
  readonly text: string
  /** Undefined where the server gives no log-probabilities. */
  readonly tokens: readonly ServerToken[] | undefined
  readonly finish: 'stop' | 'length' | undefined
}

export interface CompletionMessage {
  readonly parts: readonly CompletionPart[]
  readonly promptTokens: number | undefined
}

/** A model as a server lists it. */
export interface ServedModel {
  readonly id: string
  /** Tokens; undefined where the server does not tell. */
  readonly contextLength: number | undefined
}

/** What a server says about a request that it refuses. */
export interface ServerComplaint {
  /** One line, or empty. */
  readonly reason: string
  /** The text does not fit; `contextLength` where the server says what would. */
  readonly tooLong: { readonly contextLength: number | undefined } | undefined
}

/** An answer to `completions`, or one event of a streamed one; undefined when it is none. */
export function parseCompletion(json: unknown): CompletionMessage | undefined {
  if (!isRecord(json)) return undefined
  const choices = own(json, 'choices')
  if (!Array.isArray(choices)) return undefined
  const parts = choices.map(parsePart)
  if (parts.includes(undefined)) return undefined
  const usage = own(json, 'usage')
  const promptTokens = isRecord(usage) ? own(usage, 'prompt_tokens') : undefined
  return { parts: parts.filter((part) => part !== undefined), promptTokens: isCount(promptTokens) ? promptTokens : undefined }
}

function parsePart(choice: unknown): CompletionPart | undefined {
  if (!isRecord(choice)) return undefined
  const text = own(choice, 'text')
  if (typeof text !== 'string') return undefined
  const index = own(choice, 'index')
  const finish = own(choice, 'finish_reason')
  const logprobs = own(choice, 'logprobs')
  return {
    index: isCount(index) ? index : 0,
    text,
    tokens: isRecord(logprobs) ? (tokensInRows(logprobs) ?? tokensInContent(logprobs)) : undefined,
    finish: finish === 'length' ? 'length' : typeof finish === 'string' ? 'stop' : undefined,
  }
}

/** The format of the protocol's first days: one array for each kind of fact (vLLM, llama-cpp-python). */
function tokensInRows(logprobs: JsonRecord): readonly ServerToken[] | undefined {
  const texts = own(logprobs, 'tokens')
  const values = own(logprobs, 'token_logprobs')
  const tops = own(logprobs, 'top_logprobs')
  if (!Array.isArray(texts) || !Array.isArray(values)) return undefined
  return texts.map((text: unknown, i) => {
    const top: unknown = Array.isArray(tops) ? tops[i] : undefined
    return { text: typeof text === 'string' ? text : '', id: undefined, logprob: logprobOf(values[i]) ?? null, listed: isRecord(top) ? Object.entries(top).flatMap(([listed, logprob]) => listedToken(listed, logprob)) : [] }
  })
}

/** The format of chats, which llama-server uses here too: one object for each token. */
function tokensInContent(logprobs: JsonRecord): readonly ServerToken[] | undefined {
  const content = own(logprobs, 'content')
  if (!Array.isArray(content)) return undefined
  return content.filter(isRecord).map((token) => {
    const text = own(token, 'token')
    const id = own(token, 'id')
    const top = own(token, 'top_logprobs')
    return {
      text: typeof text === 'string' ? text : '',
      id: isCount(id) ? id : undefined,
      logprob: logprobOf(own(token, 'logprob')) ?? null,
      listed: Array.isArray(top) ? top.filter(isRecord).flatMap((entry) => listedToken(own(entry, 'token'), own(entry, 'logprob'))) : [],
    }
  })
}

/** Half a character, which some tokens are, has no text that could be asked for. */
function listedToken(text: unknown, logprob: unknown): readonly ListedToken[] {
  const value = logprobOf(logprob)
  return typeof text === 'string' && text !== '' && !text.includes('\ufffd') && value !== undefined ? [{ text, logprob: value }] : []
}

/** Rounding makes some a little more than 0; what cannot happen comes as a huge negative number. */
function logprobOf(value: unknown): number | undefined {
  return typeof value === 'number' && value < 0.01 ? Math.min(0, value) : undefined
}

/** The answer to `models`; undefined when it is none. */
export function parseModels(json: unknown): readonly ServedModel[] | undefined {
  const data = isRecord(json) ? own(json, 'data') : undefined
  if (!Array.isArray(data)) return undefined
  return data.filter(isRecord).flatMap((entry) => {
    const id = own(entry, 'id')
    return typeof id === 'string' && id !== '' && id.length <= longestName ? [{ id, contextLength: contextLengthOf(entry) }] : []
  })
}

const longestName = 1000

/** vLLM, llama-server (what runs, then what the model was trained for), and gateways each have a name of their own for it. */
function contextLengthOf(entry: JsonRecord): number | undefined {
  const meta = own(entry, 'meta')
  const told: readonly unknown[] = [own(entry, 'max_model_len'), ...(isRecord(meta) ? [own(meta, 'n_ctx'), own(meta, 'n_ctx_train')] : []), own(entry, 'context_length')]
  return told.filter(isCount).find((length) => length >= 16)
}

/** The many forms in which servers say why they refuse, as one. */
export function parseComplaint(json: unknown): ServerComplaint {
  if (!isRecord(json)) return { reason: '', tooLong: undefined }
  const error = own(json, 'error')
  const facts = isRecord(error) ? error : json
  const told = [typeof error === 'string' ? error : undefined, own(facts, 'message'), own(facts, 'detail')].find((value) => typeof value === 'string')
  const contextLength = own(facts, 'n_ctx')
  const tooLong = own(facts, 'code') === 'context_length_exceeded' || own(facts, 'type') === 'exceed_context_size_error' || own(facts, 'param') === 'input_tokens'
  return { reason: oneLine(told ?? ''), tooLong: tooLong ? { contextLength: isCount(contextLength) && contextLength > 0 ? contextLength : undefined } : undefined }
}

/** Somebody else's words are short, and on one line, before they reach a message. */
export function oneLine(text: string): string {
  const words = text.replace(/[\p{C}\s]+/gu, ' ').trim()
  return words.length <= 200 ? words : `${words.slice(0, 199)}…`
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
