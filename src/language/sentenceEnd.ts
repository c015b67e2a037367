/**
 * Whether a sentence ends where `text` ends.
 * @param text up to the place in question; a line or so of it is enough
 * @param next what follows or will probably follow, with the space before it; empty when nothing does
 */
export function endsSentence(text: string, next: string): boolean {
  const match = ending.exec(text)
  if (match === null) return false
  const marks = match[1] ?? ''
  // Still growing: a second mark, or the quotation mark or bracket that belongs to the sentence.
  if (closerOrMark.test(next)) return false
  if (wideMark.test(marks)) return true
  // A decimal, an address, a file name.
  if (next !== '' && !/^\s/.test(next)) return false
  const following = next.trimStart()
  if (/^\p{Ll}/u.test(following)) return false
  if (/[!?]/.test(marks)) return true
  if (marks !== '.') return following === '' || /^[\p{Lu}\p{Lo}"“‘«([]/u.test(following)
  return !isAbbreviated(text.slice(0, match.index), following)
}

/** Behind this share of the most tokens that a text may have, it ends with the next sentence. */
const enough = 0.75

/** More of a text says nothing about the end of its last sentence. */
const readBack = 200

/**
 * Whether a text that would be cut off at `most` tokens rather ends where it is, with `count` of them, because a sentence does.
 * @param next what would follow, with the space before it
 */
export function endsInTime(text: string, next: string, count: number, most: number): boolean {
  return next !== '' && count >= enough * most && endsSentence(text.slice(-readBack), next)
}

/** Marks that end a sentence, with what closes behind them. */
const ending = /([.!?…。！？｡]+)["'”’»)\]」』）】*_]*$/u
const closerOrMark = /^["'”’»)\]」』）】.!?…。！？｡]/u
/** Marks of scripts that put no space behind them. */
const wideMark = /[。！？｡]/u

/** After these the sentence goes on, whatever follows. */
const alwaysShort = new Set(
  ('mr mrs ms messrs mme dr prof rev hon st mt ft gen col maj capt cpt lt sgt cmdr gov sen rep pres supt vs e.g i.e cf viz resp ' +
    'approx dept est ca fig figs eq eqs ref refs tab vol vols ed eds trans pp nos jan feb mar apr jun jul aug sep sept oct nov dec').split(' '),
)
/** These are short only before a number; otherwise they are words. */
const shortBeforeNumber = new Set('no p art sec ch chap op par app'.split(' '))
/** These end a sentence as often as not; a capital behind them decides. */
const mayEnd = new Set('etc inc ltd co corp jr sr a.m p.m al esq bros'.split(' '))

/** @param before what stands before the full stop @param following what stands after it and its space */
function isAbbreviated(before: string, following: string): boolean {
  const word = /[\p{L}\p{N}.]*$/u.exec(before)?.[0] ?? ''
  const lower = word.toLowerCase()
  if (mayEnd.has(lower)) return !(following === '' || /^[\p{Lu}"“‘«([]/u.test(following))
  if (alwaysShort.has(lower)) return true
  if (shortBeforeNumber.has(lower)) return /^[\p{N}]/u.test(following)
  // An initial, but not the pronoun; an acronym with its stops.
  if (/^\p{Lu}$/u.test(word)) return word !== 'I'
  if (/^(?:\p{L}\.)+\p{L}$/u.test(word)) return following !== ''
  // The number of a list item.
  return /(?:^|\n)[ \t]*\p{N}{1,3}$/u.test(before)
}
