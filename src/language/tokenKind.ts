import { fromUtf8, sequenceLength } from './utf8'

/** What a token does to the word before it, by how it begins. */
export const enum TokenKind {
  /** Has no text: a hole in the vocabulary, or a special token. */
  None,
  /** Ends the text. */
  End,
  /** Ends the line, with or without white space or text around. */
  Break,
  /** Other white space alone. */
  Blank,
  /** Begins with a letter or digit. */
  Letter,
  /** Begins with a letter of a script that puts no space between words. */
  Unspaced,
  /** Begins with a mark that belongs to the character before it. */
  Mark,
  /** An apostrophe, alone or with letters. */
  Apostrophe,
  /** Begins inside a character. */
  Middle,
  /** White space with something behind it, as most words are. */
  Spaced,
  /** Punctuation, a sign. */
  Other,
}

export const tokenKinds = TokenKind.Other + 1

/** Where the text ends that a token would follow. */
export const enum TextEnd {
  /** Behind a letter or digit. */
  Word,
  /** Behind anything else, where a letter begins something new. */
  Loose,
  /** Inside a character. */
  Inside,
}

const letter = /^[\p{L}\p{N}]/u
const mark = /^(?:\p{M}|\p{Emoji_Modifier}|\u200d)/u
const unspaced = /^[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmr}\p{sc=Mymr}]/u
const apostrophe = /^['’](?:$|\p{L})/u

/** @param bytes of a token that is neither special nor the end of the text */
export function kindOf(bytes: Uint8Array): TokenKind {
  const lead = bytes[0]
  if (lead === undefined) return TokenKind.None
  // Nearly all tokens: a Latin letter, with a space before it or not.
  if (isLatin(lead)) return TokenKind.Letter
  if (lead === 0x20 && isLatin(bytes[1])) return TokenKind.Spaced
  if (lead >= 0x80 && lead < 0xc0) return TokenKind.Middle
  if (sequenceLength(lead) > bytes.length) return kindOfLead(lead)
  const text = fromUtf8(bytes)
  if (/[\n\r]/.test(text)) return TokenKind.Break
  if (/^\s+$/.test(text)) return TokenKind.Blank
  if (/^\s/.test(text)) return TokenKind.Spaced
  if (apostrophe.test(text)) return TokenKind.Apostrophe
  if (unspaced.test(text)) return TokenKind.Unspaced
  if (mark.test(text)) return TokenKind.Mark
  return letter.test(text) ? TokenKind.Letter : TokenKind.Other
}

function isLatin(byte: number | undefined): boolean {
  return byte !== undefined && ((byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a))
}

/** A guess from the first byte of a character whose others are in tokens that follow. */
function kindOfLead(lead: number): TokenKind {
  // U+2000 to U+2FFF are punctuation and signs, U+3000 to U+9FFF Chinese and Japanese, from U+10000 on mostly emoji.
  if (lead === 0xe2 || lead >= 0xf0) return TokenKind.Other
  return lead >= 0xe3 && lead <= 0xe9 ? TokenKind.Unspaced : TokenKind.Letter
}

/** @param text whole characters @param inside whether a part of one more follows them */
export function endOf(text: string, inside: boolean): TextEnd {
  if (inside) return TextEnd.Inside
  return endsInWord.test(text) && !endsUnspaced.test(text) ? TextEnd.Word : TextEnd.Loose
}

const endsInWord = /[\p{L}\p{N}]\p{M}*['’]?$/u
const endsUnspaced = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmr}\p{sc=Mymr}]\p{M}*$/u

/** Whether a token of `kind` goes on with the word, or the character, that the text ends in. */
export function joins(kind: TokenKind, end: TextEnd): boolean {
  switch (kind) {
    case TokenKind.Middle:
      return end === TextEnd.Inside
    case TokenKind.Mark:
      return end !== TextEnd.Inside
    case TokenKind.Letter:
    case TokenKind.Apostrophe:
      return end === TextEnd.Word
    default:
      return false
  }
}

/** Whether a token of `kind` begins something new where the text ends so; the end of the text and of a line among them. */
export function parts(kind: TokenKind, end: TextEnd): boolean {
  return kind !== TokenKind.None && kind !== TokenKind.Middle && end !== TextEnd.Inside && !joins(kind, end)
}
