import type { Continuation, ContinuationLimits } from '../../language/continuation'
import { begins, HealedText, type Reading } from '../../language/healedText'
import { endsSentence } from '../../language/sentenceEnd'
import { joins, kindOf, parts, TokenKind, type TextEnd } from '../../language/tokenKind'
import { fromUtf8, toUtf8 } from '../../language/utf8'
import type { ListedToken } from './messages'
import type { Piece } from './pieces'

/**
 * One continuation as a server writes it: decides after each piece whether a word has ended, how likely all of it is, and
 * whether to go on. It is `language/growth` for a model that is known by its likeliest tokens only: what a server does
 * not list is assumed to be divided as what it lists, and where it lists nothing, the lower bound counts.
 */
export class ServedGrowth {
  private readonly text: HealedText
  private readonly pieces: { text: string; logprob: number }[] = []
  private written = ''
  /** Logarithm of the probability of everything written, healed letters included. */
  private logPath = 0
  /** Probability of all that agrees with the healed letters; never too low as far as the lists tell. */
  private agreeing = 1
  private firstWord: number | undefined
  /** The part that is whole words and sure enough. */
  private kept: { readonly text: string; readonly pieces: number; readonly joint: number } | undefined
  private finish: Continuation['finish'] | undefined

  constructor(
    prompt: string,
    private readonly healing: string,
    private readonly limits: ContinuationLimits,
  ) {
    this.text = new HealedText(prompt, healing)
  }

  get finished(): boolean {
    return this.finish !== undefined
  }

  /** Whole words so far. */
  get visible(): string {
    return this.kept?.text ?? ''
  }

  push(piece: Piece): void {
    if (this.finished) return
    if (piece.logprob === undefined) return this.end('unsure')
    const reading = this.read()
    const missing = fromUtf8(reading.missing)
    if (missing !== '') return this.heal(piece, piece.logprob, missing)
    const kind = kindOf(toUtf8(piece.text))
    const ends = kind === TokenKind.Break
    if (reading.visible !== '' && reading.complete) {
      // What the server thinks likeliest goes on with the word, or else the word ends here.
      if (!joins(kind, reading.end)) {
        this.endWord(reading, partingShare(piece.listed, reading.end) ?? Math.exp(piece.logprob))
        if (this.finished) return
        if (ends) return this.end('boundary')
        if (this.limits.boundary === 'sentence' && endsSentence(this.text.before + reading.visible, piece.text)) return this.end('boundary')
        if (!begins(kind, reading)) return this.end('unsure')
      }
    } else if (ends) {
      return this.end('boundary')
    } else if (!joins(kind, reading.end) && !begins(kind, reading)) {
      return this.end('unsure')
    }
    this.take(piece.text, piece.logprob)
  }

  /** The server has no more to say. */
  close(finish: 'stop' | 'length' | undefined): void {
    if (this.finished) return
    const reading = this.read()
    // Where the text would end, the last word does; how surely, servers do not tell.
    if (finish === 'stop' && reading.complete) this.endWord(reading, untoldEnd)
    this.end(finish === 'stop' ? 'eos' : 'length')
  }

  /** Undefined when the first word is not sure enough. */
  result(): Continuation | undefined {
    if (this.kept === undefined || this.firstWord === undefined) return undefined
    const { text, pieces, joint } = this.kept
    return { text, pieces: this.pieces.slice(0, pieces), firstWord: this.firstWord, joint, finish: this.finish ?? 'length' }
  }

  private read(): Reading {
    return this.text.read(toUtf8(this.written))
  }

  /** A piece while letters that were typed already are not all written. */
  private heal(piece: Piece, logprob: number, missing: string): void {
    if (!agrees(piece.text, missing)) return this.end('unsure')
    this.agreeing -= Math.exp(this.logPath) * (1 - agreeingShare(piece.listed, missing))
    this.take(piece.text, logprob)
  }

  private endWord(reading: Reading, ending: number): void {
    const joint = Math.min(1, Math.exp(this.logJoint) * ending)
    if (this.firstWord === undefined) {
      if (joint < this.limits.minFirstWord) return this.end('unsure')
      this.firstWord = joint
    }
    if (joint < this.limits.minJoint) return this.end('unsure')
    this.kept = { text: reading.visible, pieces: this.pieces.length, joint }
  }

  private take(text: string, logprob: number): void {
    const hidden = Math.max(0, this.healing.length - this.written.length)
    this.written += text
    this.logPath += logprob
    // What comes behind can only make it less likely.
    const least = this.firstWord === undefined ? Math.max(this.limits.minFirstWord, this.limits.minJoint) : this.limits.minJoint
    if (Math.exp(this.logJoint) < least) return this.end('unsure')
    const visible = text.slice(hidden)
    if (visible === '') return
    // The first visible piece bears what was healed.
    this.pieces.push({ text: visible, logprob: this.pieces.length === 0 ? Math.min(0, this.logJoint) : logprob })
  }

  private get logJoint(): number {
    return this.logPath - Math.log(Math.max(this.agreeing, Number.MIN_VALUE))
  }

  private end(finish: Continuation['finish']): void {
    this.finish ??= finish
  }
}

/** No server tells how likely the end of a text is; it was likelier than each other token. */
const untoldEnd = 0.5

/** Whether `text` writes letters that are `missing`, or some of the first of them. */
export function agrees(text: string, missing: string): boolean {
  return text !== '' && (text.startsWith(missing) || missing.startsWith(text))
}

/**
 * The share of all tokens that agrees with what is missing. Of those that are not listed, the share is taken to be as among
 * the listed ones, but never below what is usual for so many letters: rather too high than too low, because the
 * probability of a word is divided by it.
 */
export function agreeingShare(listed: readonly ListedToken[] | undefined, missing: string): number {
  if (listed === undefined) return 1
  const total = massOf(listed)
  const agreeing = massOf(listed.filter(({ text }) => agrees(text, missing)))
  if (total === 0) return 1
  const letters = missing.trim().length
  const usual = letters === 0 ? 1 : firstLetterShare * nextLetterShare ** (letters - 1)
  return Math.min(1, agreeing + Math.max(0, 1 - total) * Math.max(agreeing / total, usual))
}

/** The commonest first letter of English begins about one word in six; after it, the commonest second about every other. */
const firstLetterShare = 0.17
const nextLetterShare = 0.5

/** Of the listed tokens, the share with which a word that ends in `end` would end there; undefined where none are known. */
function partingShare(listed: readonly ListedToken[] | undefined, end: TextEnd): number | undefined {
  if (listed === undefined) return undefined
  const total = massOf(listed)
  return total === 0 ? undefined : massOf(listed.filter(({ text }) => parts(kindOf(toUtf8(text)), end))) / total
}

function massOf(tokens: readonly ListedToken[]): number {
  return tokens.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0)
}
