import { normalWord, sentencesOf, wordsOf } from '../words'

/** A run of words that is repeated at once is at most this long. */
const longestLoop = 12

/**
 * Where `text`, standing behind `before`, begins to say again what was said just before, or undefined: one word or a run
 * of words twice in a row.
 */
export function loopStart(before: string, text: string): number | undefined {
  const tail = before.slice(-240)
  // A word that the caret cuts in two counts as a whole.
  const joined = tail + text
  const words = wordsOf(joined)
  const forms = words.map((word) => normalWord(word.text))
  for (const [index, word] of words.entries()) {
    if (word.to <= tail.length) continue
    for (let length = 1; length <= longestLoop && length * 2 <= index + 1; length++) {
      const second = index + 1 - length
      if (!sameRun(forms, second - length, second, length)) continue
      const start = words[second]
      const first = words[second - length]
      if (!start || !first || !adjacent(joined, first.from, start.from)) continue
      // The repeated run may have begun before the caret: then all of the text belongs to it.
      return Math.max(0, start.from - tail.length)
    }
  }
  return undefined
}

function sameRun(forms: readonly string[], first: number, second: number, length: number): boolean {
  for (let k = 0; k < length; k++) if (forms[first + k] !== forms[second + k]) return false
  return true
}

/** Numbers and single letters may come in rows, and a new line begins anew. */
function adjacent(text: string, first: number, second: number): boolean {
  const run = text.slice(first, second)
  return !run.includes('\n') && /\p{L}{2}/u.test(run)
}

/** True when the sentence that `text` completes stands word for word among the two before it. */
export function repeatsSentence(before: string, text: string): boolean {
  const [last = '', ...earlier] = sentencesOf(before.slice(-1_000) + text).slice(-3).reverse()
  const said = formOf(last)
  const words = said.split(' ').length
  if (words < 3) return false
  return earlier.map(formOf).some((form) => form === said || (form.startsWith(`${said} `) && words >= 5))
}

function formOf(sentence: string): string {
  return wordsOf(sentence).map((word) => normalWord(word.text)).join(' ')
}
