import { endOf, parts, TokenKind, type TextEnd } from './tokenKind'
import { fromUtf8, toUtf8, unfinishedBytes, Utf8Stream } from './utf8'

/** How a token path reads when it is set behind a prompt in place of the healed letters. */
export interface Reading {
  /** Bytes of the healed letters that the path has not written yet. */
  readonly missing: Uint8Array
  /** What the path adds to what stands there: whole characters. */
  readonly visible: string
  readonly end: TextEnd
  /** Whether a continuation may end here: something is visible, and it does not wait for what it opens or joins. */
  readonly complete: boolean
  /** Whether a further space would be a second one, or the first of the text. */
  readonly afterSpace: boolean
}

/** More of what stands before decides nothing here. */
const nearby = 200

/** The text that a continuation is set behind. */
export class HealedText {
  /** The end of the text before the caret. */
  readonly before: string
  private readonly healing: Uint8Array

  constructor(prompt: string, healing: string) {
    this.before = (prompt + healing).slice(-nearby)
    this.healing = toUtf8(healing)
  }

  /** Whether nothing has to be healed. */
  get free(): boolean {
    return this.healing.length === 0
  }

  /** How many of the first tokens lie wholly within the healed letters. @param lengths of the tokens in bytes */
  hiddenTokens(lengths: readonly number[]): number {
    let written = 0
    return lengths.filter((length) => (written += length) <= this.healing.length).length
  }

  /** What is visible of each token; joined it is the visible text. A character split over tokens belongs to the last. */
  visiblePieces(tokens: readonly Uint8Array[]): string[] {
    const characters = new Utf8Stream()
    let written = 0
    return tokens.map((bytes) => {
      const hidden = Math.min(bytes.length, Math.max(0, this.healing.length - written))
      written += bytes.length
      return characters.push(bytes.subarray(hidden))
    })
  }

  /** @param bytes of a path whose tokens agree with the healed letters */
  read(bytes: Uint8Array): Reading {
    const added = bytes.subarray(this.healing.length)
    const unfinished = unfinishedBytes(added)
    const visible = fromUtf8(added.subarray(0, added.length - unfinished))
    const whole = this.before + visible
    return {
      missing: this.healing.subarray(bytes.length),
      visible,
      end: endOf(whole, unfinished > 0),
      complete: unfinished === 0 && visible.trim() !== '' && !waiting.test(whole),
      afterSpace: /(?:^|\s)$/.test(whole),
    }
  }
}

/** Whether a word may begin with a token of this kind: not what ends the line or the text, and not a second space. */
export function begins(kind: TokenKind, reading: Reading): boolean {
  if (kind === TokenKind.End || kind === TokenKind.Break) return false
  if (reading.afterSpace && (kind === TokenKind.Blank || kind === TokenKind.Spaced)) return false
  return parts(kind, reading.end)
}

/** A space, an opening mark, a dash, a joiner or a sign that something must follow. */
const waiting = /[\s\u200d\p{Ps}\p{Pi}\p{Pd}¿¡/\\@&<$=|+~^#]$|(?:^|[\s\p{Ps}\p{Pi}])["'*_`]+$/u
