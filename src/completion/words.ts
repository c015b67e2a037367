import { endsSentence } from '../language/sentenceEnd'

/** A word, with letters or digits, in a text. */
export interface Word {
  readonly text: string
  readonly from: number
  readonly to: number
}

/** Made on first use: the first segmenter of a process loads tables, which would be half of the extension's start. */
const segmenters: { word?: Intl.Segmenter; sentence?: Intl.Segmenter } = {}

function segmenter(granularity: 'word' | 'sentence'): Intl.Segmenter {
  return (segmenters[granularity] ??= new Intl.Segmenter('en', { granularity }))
}

/** The words of `text`, by the rules of Unicode (UAX #29). */
export function wordsOf(text: string): readonly Word[] {
  const words: Word[] = []
  for (const { segment, index, isWordLike } of segmenter('word').segment(text)) {
    if (isWordLike) words.push({ text: segment, from: index, to: index + segment.length })
  }
  return words
}

/** A word as it is compared: case, and the kind of apostrophe, make no difference. */
export function normalWord(word: string): string {
  return word.toLowerCase().replaceAll('’', "'").normalize('NFC')
}

/**
 * Where a partial acceptance of one word ends: spaces, what stands before the word, the word, and the punctuation that
 * belongs to it. The whole text when there is no further word.
 */
export function firstWordEnd(text: string): number {
  const word = wordsOf(text)[0]
  if (!word) return text.length
  const rest = text.slice(word.to)
  // A hyphen or an apostrophe joins what follows; a closing mark belongs to what it closes.
  const attached = /^[^\s\p{L}\p{N}([{“‘«]*/u.exec(rest)?.[0] ?? ''
  const joined = attached !== '' && /^[-–'’/]$/u.test(attached) && /^\p{L}/u.test(rest.slice(attached.length))
  return joined ? word.to + attached.length + firstWordEnd(rest.slice(attached.length)) : word.to + attached.length
}

/** The first `count` words with their punctuation. */
export function takeWords(text: string, count: number): string {
  let end = 0
  for (let taken = 0; taken < count && end < text.length; taken++) end += firstWordEnd(text.slice(end))
  return text.slice(0, end)
}

/** The sentences of `text`, spaces after them included; joined they are the text. A line is no longer than a sentence. */
export function sentencesOf(text: string): readonly string[] {
  const sentences: string[] = []
  let from = 0
  for (const { segment, index } of segmenter('sentence').segment(text)) {
    const to = index + segment.length
    const sentence = text.slice(from, to)
    // Unicode's rule ends sentences behind abbreviations.
    const ends = to === text.length || /\n$/.test(sentence) || endsSentence(sentence.trimEnd(), spaceBehind(sentence) + text.slice(to, to + 20))
    if (!ends) continue
    sentences.push(sentence)
    from = to
  }
  return sentences
}

function spaceBehind(text: string): string {
  return text.slice(text.trimEnd().length)
}

/** A letter or a digit, or what belongs to one. */
const wordCharacter = /^[\p{L}\p{N}\p{M}_]/u

/** Scripts that put no space between words: between two of their letters is no inside of a word. */
const spaceless = /^[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmr}\p{sc=Mymr}]/u

export function startsWithWordCharacter(text: string): boolean {
  return wordCharacter.test(text) && !spaceless.test(text)
}

export function endsWithWordCharacter(text: string): boolean {
  const last = [...text.slice(-2)].at(-1) ?? ''
  return startsWithWordCharacter(last)
}
