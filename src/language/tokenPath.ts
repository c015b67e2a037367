import type { Choice, TokenTable } from './tokenTable'

/** A way on from a prompt, token by token. */
export interface TokenPath {
  readonly tokens: readonly number[]
  /** Of each token, given all before it. */
  readonly logprobs: readonly number[]
  /** Of the whole path. */
  readonly logprob: number
  readonly bytes: Uint8Array
}

export const emptyPath: TokenPath = { tokens: [], logprobs: [], logprob: 0, bytes: new Uint8Array() }

export function followed(path: TokenPath, choice: Choice, table: TokenTable): TokenPath {
  const added = table.bytesOf(choice.id)
  const bytes = new Uint8Array(path.bytes.length + added.length)
  bytes.set(path.bytes)
  bytes.set(added, path.bytes.length)
  return {
    tokens: [...path.tokens, choice.id],
    logprobs: [...path.logprobs, choice.logprob],
    logprob: path.logprob + choice.logprob,
    bytes,
  }
}
