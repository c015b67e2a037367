import type { ProseLanguage } from '../../../../src/completion/where/place'
import { textOf } from '../../../../src/completion/textView'
import { withCaret } from '../support'

let documents = 0

/** `prose`, `heading` (a unit that ends with its line), or why the caret in `marked` is in no prose. A document of its own each time. */
export function placeOf(language: ProseLanguage, marked: string): string {
  const { text, offset } = withCaret(marked)
  const place = language.place({ id: `test-${documents++}`, text: textOf(text) }, offset)
  if (place.kind === 'other') return place.why
  return place.region.unit === 'line' ? 'heading' : 'prose'
}

/** How `text` reads. */
export function flowOf(language: ProseLanguage, text: string): string {
  return language.flow({ id: `test-${documents++}`, text: textOf(text) }, 0, text.length)
}

/** What the caret's paragraph has behind the caret. */
export function paragraphRest(language: ProseLanguage, marked: string): string {
  const { text, offset } = withCaret(marked)
  const place = language.place({ id: `test-${documents++}`, text: textOf(text) }, offset)
  return place.kind === 'prose' ? text.slice(offset, place.region.paragraphEnd) : place.why
}
