import { InklingError } from '../../base/errors'
import type { ScoredToken, TextScore } from '../../language/score'
import { toUtf8 } from '../../language/utf8'
import type { CompletionMessage, ServerToken } from './messages'
import { placeThatFits } from './room'

/** Asks the server to repeat a text with the log-probability of each token. */
export type AskEcho = (text: string) => Promise<CompletionMessage>

/**
 * Scores a text on a server that can repeat a prompt with log-probabilities. A text longer than the context is sent in
 * windows that overlap by half, each cut before a space; each token counts once.
 * @param room tokens that one window may have
 * @throws InklingError `server-no-scores` where the server does not repeat the text
 */
export async function scoreOnServer(ask: AskEcho, text: string, room: number, host: string): Promise<TextScore> {
  const tokens: ScoredToken[] = []
  for (let from = 0, done = 0; done < text.length; from = halfway(text, from, done)) {
    const to = placeThatFits(text, from, room)
    const window = text.slice(from, to)
    const echo = (await ask(window)).parts[0]
    const scored = echo?.tokens === undefined || !echo.text.startsWith(window) ? undefined : alignTokens(echo.tokens, window)
    if (scored === undefined) throw InklingError.of('server-no-scores', { host })
    let at = from
    for (const token of scored) {
      if (at >= done) tokens.push(token)
      at += token.text.length
    }
    done = to
  }
  const nats = tokens.reduce((sum, { logprob }) => sum - (logprob ?? 0), 0)
  return { tokens, bits: nats / Math.LN2, bytes: toUtf8(text).length }
}

/** Before a space about in the middle of a window. */
function halfway(text: string, from: number, to: number): number {
  const space = text.lastIndexOf(' ', from + ((to - from) >> 1))
  return space > from ? space : to
}

/**
 * Gives each token its part of `window`; undefined when they are not its tokens. A token that is half a character, which a
 * server cannot write, gets nothing, and the last of them the character. Tokens of the server's own before the text (the
 * mark that begins one) are left out, and so is what it has written behind it.
 */
export function alignTokens(tokens: readonly ServerToken[], window: string): readonly ScoredToken[] | undefined {
  const scored: ScoredToken[] = []
  let at = 0
  for (const [index, token] of tokens.entries()) {
    if (at === window.length) break
    let text = ''
    if (token.text !== '' && window.startsWith(token.text, at)) text = token.text
    else if (!isHalf(token)) {
      if (at === 0 && token.logprob === null) continue
      return undefined
    } else {
      // What stands before the next token that can be read.
      const next = tokens[index + 1]
      const end = next === undefined || isHalf(next) ? at : window.indexOf(next.text, at)
      if (end > at && end - at <= longestCharacter) text = window.slice(at, end)
    }
    at += text.length
    // What a server does not tell is not a number, which JSON writes as null.
    scored.push({ id: token.id ?? NaN, text, logprob: token.logprob, rank: rankOf(token), entropy: null, alternatives: [] })
  }
  return at === window.length ? scored : undefined
}

const longestCharacter = 8

function isHalf({ text }: ServerToken): boolean {
  return text === '' || text.includes('\ufffd')
}

/** Known where the token is among those that are listed, or above the last of them. */
function rankOf({ text, logprob, listed }: ServerToken): number | null {
  if (logprob === null || listed.length === 0) return null
  const others = listed.filter((other) => other.text !== text)
  const isListed = others.length < listed.length
  const above = others.filter((other) => other.logprob > logprob).length
  return isListed || above < others.length ? above : null
}
