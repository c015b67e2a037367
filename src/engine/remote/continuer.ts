import type { Continuation, ContinuationRequest } from '../../language/continuation'
import { agrees, ServedGrowth } from './growth'
import type { ListedToken } from './messages'
import type { Piece } from './pieces'

/** Asks the server for the likeliest text behind a prompt; leaving the loop over it ends the request. */
export type AskGreedily = (prompt: string, maxTokens: number) => AsyncGenerator<Piece, 'stop' | 'length' | undefined>

/**
 * Continuations from a server that takes text, not tokens, and lists only the likeliest tokens. It is asked from the last
 * word boundary on. If its likeliest way does not begin with the letters that were typed since, the likeliest listed token
 * that does is set behind the prompt and it is asked again; if none does, it goes on from the letters as they are.
 * One request runs at a time; one that leads nowhere is ended.
 *
 * @returns likeliest first, with different first words
 */
export async function continueOnServer(
  ask: AskGreedily,
  { prompt, healing, candidates, limits }: ContinuationRequest,
  onPartial: (candidate: number, text: string) => void,
): Promise<readonly Continuation[]> {
  const maxTokens = limits.maxTokens + Math.ceil(healing.length / shortestToken)
  const found: Continuation[] = []
  let requests = 0
  const follow = async (from: string, growth: ServedGrowth, seen?: (first: Piece) => boolean): Promise<void> => {
    requests++
    await grow(ask(from, maxTokens), growth, (text) => found.length === 0 && onPartial(0, text), seen)
    const result = growth.result()
    if (result !== undefined && !found.some((other) => firstWordOf(other.text) === firstWordOf(result.text))) found.push(result)
  }

  if (prompt === '') {
    // Where a text begins there is no boundary to go back to.
    if (healing !== '') await follow(healing, new ServedGrowth(healing, '', limits))
    return found
  }
  let first: Piece | undefined
  const likeliest = new ServedGrowth(prompt, healing, limits)
  await follow(prompt, likeliest, (piece) => {
    first = piece
    return healing === '' || agrees(piece.text, healing)
  })
  const others = otherBeginnings(first, healing)
  for (const token of others) {
    // A request for each guess would be too many.
    if (found.length >= candidates || requests > candidates) break
    const growth = new ServedGrowth(prompt, healing, limits)
    growth.push({ ...token, listed: first?.listed })
    if (!growth.finished) await follow(prompt + token.text, growth)
  }
  const unlisted = others.length === 0 && !agrees(first?.text ?? '', healing)
  if (unlisted && healing.trim() !== '') {
    const surer = { ...limits, minFirstWord: Math.max(limits.minFirstWord, surelyAWord) }
    await follow(prompt + healing, new ServedGrowth(prompt + healing, '', surer))
  }
  return found.sort((a, b) => b.firstWord - a.firstWord).slice(0, candidates)
}

/** Letters that a tokenizer would not have cut so are gone on with strangely: rather nothing than a word that is none. */
const surelyAWord = 0.5

/** Letters that a token has at least, on the average of those that write healed letters. */
const shortestToken = 3

/** @param seen looks at the first piece and says whether to go on */
async function grow(answer: ReturnType<AskGreedily>, growth: ServedGrowth, onPartial: (text: string) => void, seen: ((first: Piece) => boolean) | undefined): Promise<void> {
  let shown = ''
  let begun = false
  for (;;) {
    const next = await answer.next()
    if (next.done === true) return growth.close(next.value)
    if (!begun && seen?.(next.value) === false) break
    begun = true
    growth.push(next.value)
    if (growth.visible !== shown) onPartial((shown = growth.visible))
    if (growth.finished) break
  }
  await answer.return(undefined)
}

/** Tokens that might have stood where the answer began, likeliest first. */
function otherBeginnings(first: Piece | undefined, healing: string): readonly ListedToken[] {
  const others = (first?.listed ?? []).filter(({ text }) => text !== first?.text && (healing === '' || agrees(text, healing)))
  return others.sort((a, b) => b.logprob - a.logprob)
}

function firstWordOf(text: string): string {
  return /^\s*\S+/.exec(text)?.[0].trim() ?? ''
}
