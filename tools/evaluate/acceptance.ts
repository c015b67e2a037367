import { wordsOf } from '../../src/completion/words'

/** How the editor cuts words by default (`wordDefinition` of a language that says nothing else). */
const editorWord = /(-?\d*\.\d\w*)|([^`~!@#%^&*()\-=+[{\]}\\|;:'",.<>/?\s]+)/

/**
 * Where *Accept Next Word* ends: by the editor's rule (`InlineCompletionsModel.acceptNextWord`) behind a word, or before the
 * first one, but never beyond white space. Our command takes a blank and the word behind it as one.
 */
export function nextWordEnd(text: string): number {
  const end = editorsWordEnd(text)
  return text.slice(0, end).trim() === '' ? end + editorsWordEnd(text.slice(end)) : end
}

function editorsWordEnd(text: string): number {
  const word = editorWord.exec(text)
  const end = word === null ? text.length : word.index === 0 ? word[0].length : word.index
  const space = /\s+/.exec(text)
  return space === null ? end : Math.min(end, space.index + space[0].length)
}

/** What a writer does with a suggestion when `wanted` is what they want to write. */
export interface Acceptance {
  readonly characters: number
  readonly keys: number
}

const nothing: Acceptance = { characters: 0, keys: 0 }

/** All of it with one key, or as many words as are right with one key each, whichever saves more; nothing when typing costs no more. */
export function accept(shown: string, wanted: string): Acceptance {
  if (wanted.startsWith(shown)) return shown.length > 1 ? { characters: shown.length, keys: 1 } : nothing
  let best = nothing
  let characters = 0
  for (let keys = 1; characters < shown.length; keys++) {
    characters += nextWordEnd(shown.slice(characters))
    if (!wanted.startsWith(shown.slice(0, characters))) break
    if (characters - keys > best.characters - best.keys) best = { characters, keys }
  }
  return best
}

/** Whether the first word that `shown` writes, or completes, is the one that `wanted` goes on with. */
export function firstWordIsRight(shown: string, before: string, wanted: string): boolean {
  const begun = /[\p{L}\p{N}\p{M}'’_-]*$/u.exec(before.slice(-60))?.[0] ?? ''
  const [suggested] = wordsOf(begun + shown).filter((word) => word.to > begun.length)
  if (suggested === undefined) return wanted.startsWith(shown)
  const end = suggested.to - begun.length
  if (!wanted.startsWith(shown.slice(0, end))) return false
  const [meant] = wordsOf(begun + wanted.slice(0, end + 40)).filter((word) => word.to > begun.length)
  return meant?.to === suggested.to
}
