import type { Continuation, ContinuationLimits } from './continuation'
import type { Expectation } from './expectation'
import { massBeyond, type FirstWord } from './firstWords'
import { begins, type HealedText, type Reading } from './healedText'
import { endsSentence } from './sentenceEnd'
import { joins, TokenKind } from './tokenKind'
import { followed, type TokenPath } from './tokenPath'
import type { Choice, KindSummary, TokenTable } from './tokenTable'
import { fromUtf8 } from './utf8'

/**
 * One continuation as it grows along the likeliest tokens, word by word. After each token it decides by itself what comes
 * next; whoever runs the model brings it what is expected there.
 *
 * A word ends where that is likelier than the likeliest way on. The joint probability is that of the first word times the
 * probabilities of all further tokens, times the probability that the last word ends where it does: of each further word
 * only the likeliest way to write it counts, so it is a little too low rather than too high.
 */
export class Growth {
  private path: TokenPath
  /** Logarithm of the joint probability without that of the last word's end. */
  private logJoint: number
  /** The part that is whole words and sure enough. */
  private kept: { readonly text: string; readonly tokens: number; readonly joint: number }
  private finish: Continuation['finish'] | undefined
  private readonly mostTokens: number
  /** Turns the path's log-probability into one given the healed letters. */
  private readonly logHealed: number

  /** @param room the most tokens that the context can take behind the prompt */
  constructor(
    private readonly table: TokenTable,
    private readonly expectation: Expectation,
    private readonly text: HealedText,
    private readonly limits: ContinuationLimits,
    private readonly first: FirstWord,
    room: number,
  ) {
    const reading = text.read(first.path.bytes)
    const logEnd = Math.log(massBeyond(first.next, reading.end))
    this.path = first.path
    this.logJoint = Math.log(first.probability) - logEnd
    this.logHealed = first.path.logprob - this.logJoint
    this.kept = { text: first.visible, tokens: first.path.tokens.length, joint: first.probability }
    const hidden = text.hiddenTokens(first.path.tokens.map((id) => table.bytesOf(id).length))
    this.mostTokens = Math.min(limits.maxTokens + hidden, room)
    this.beginWord(first.next, reading)
  }

  get finished(): boolean {
    return this.finish !== undefined
  }

  /** The tokens behind which the model is asked next. */
  get tokens(): readonly number[] {
    return this.path.tokens
  }

  /** Whole words so far. */
  get visible(): string {
    return this.kept.text
  }

  /** Probability of all words so far. */
  get joint(): number {
    return this.kept.joint
  }

  /** @param logits behind `tokens`: [vocabulary] */
  visit(logits: Float32Array): void {
    const { next } = this.expectation.after(this.path.tokens, logits)
    const reading = this.text.read(this.path.bytes)
    if (!reading.complete) return this.follow(best(next, (kind) => joins(kind, reading.end) || endsLine(kind) || begins(kind, reading)))
    const onward = best(next, (kind) => joins(kind, reading.end))
    const ending = massBeyond(next, reading.end)
    if (onward !== undefined && Math.exp(onward.logprob) > ending) return this.follow(onward)
    const joint = Math.exp(this.logJoint) * ending
    if (joint < this.limits.minJoint) return this.end('unsure')
    this.kept = { text: reading.visible, tokens: this.path.tokens.length, joint }
    this.beginWord(next, reading)
  }

  /** Whole words are all that there will be. */
  stop(): void {
    this.end('time')
  }

  result(): Continuation {
    const { text, tokens, joint } = this.kept
    const bytes = this.path.tokens.slice(0, tokens).map((id) => this.table.bytesOf(id))
    return {
      text,
      pieces: this.pieces(this.text.visiblePieces(bytes)),
      firstWord: this.first.probability,
      joint,
      finish: this.finish ?? 'length',
    }
  }

  /** A word has ended: goes on with the next one, or ends. */
  private beginWord(next: KindSummary, reading: Reading): void {
    const following = best(next, (kind) => begins(kind, reading))
    const likely = following === undefined ? 0 : Math.exp(following.logprob)
    const textEnd = next.mass[TokenKind.End] ?? 0
    const lineEnd = next.mass[TokenKind.Break] ?? 0
    if (textEnd >= Math.max(likely, lineEnd)) return this.end('eos')
    if (lineEnd >= likely) return this.end('boundary')
    const behind = following === undefined ? '' : fromUtf8(this.table.bytesOf(following.id))
    if (this.limits.boundary === 'sentence' && endsSentence(this.text.before + reading.visible, behind)) return this.end('boundary')
    this.follow(following)
  }

  /** Takes one more token, unless it would lead too far or to what is not sure enough. */
  private follow(choice: Choice | undefined): void {
    if (choice === undefined) return this.end('unsure')
    const kind = this.table.kind(choice.id)
    if (kind === TokenKind.End) return this.end('eos')
    if (kind === TokenKind.Break) return this.end('boundary')
    if (this.path.tokens.length >= this.mostTokens) return this.end('length')
    if (Math.exp(this.logJoint + choice.logprob) < this.limits.minJoint) return this.end('unsure')
    this.path = followed(this.path, choice, this.table)
    this.logJoint += choice.logprob
  }

  private end(finish: Continuation['finish']): void {
    this.finish = finish
  }

  /** Joins what adds nothing visible by itself to the token behind it. */
  private pieces(texts: readonly string[]): { text: string; logprob: number }[] {
    const pieces: { text: string; logprob: number }[] = []
    let waiting = -this.logHealed
    texts.forEach((text, i) => {
      waiting += this.path.logprobs[i] ?? 0
      if (text === '') return
      pieces.push({ text, logprob: Math.min(0, waiting) })
      waiting = 0
    })
    return pieces
  }
}

function endsLine(kind: TokenKind): boolean {
  return kind === TokenKind.End || kind === TokenKind.Break
}

/** The likeliest token of the kinds that `accept` takes. */
function best(next: KindSummary, accept: (kind: TokenKind) => boolean): Choice | undefined {
  let found: Choice | undefined
  next.best.forEach((choice, kind) => {
    if (choice !== undefined && accept(kind) && choice.logprob > (found?.logprob ?? -Infinity)) found = choice
  })
  return found
}
