import { describe, expect, it } from 'vitest'
import { Background } from '../../../src/completion/background'
import { textOf } from '../../../src/completion/textView'
import { Markdown } from '../../../src/completion/where/markdown'
import type { ProseLanguage } from '../../../src/completion/where/place'
import { plainText } from '../../../src/completion/where/plain'
import { ProseLanguages } from '../../../src/completion/where/languages'
import { withCaret } from './support'

function backgroundAt(reader: Background, language: ProseLanguage, marked: string, budget: number): string {
  const { text, offset } = withCaret(marked)
  const document = { id: 'a', text: textOf(text) }
  const place = language.place(document, offset)
  if (place.kind === 'other') throw new Error(place.why)
  return reader.read(language, document, place.region, offset, budget)
}

const typescript = new ProseLanguages().find('typescript') ?? plainText

describe('The background of a caret', () => {
  it.each([
    ['is what follows its paragraph', plainText, 'One [caret]two.\n\nThe Gryphon slept.', 1000, 'The Gryphon slept.'],
    ['is what stands before the window', plainText, `The Gryphon. ${'It slept on. '.repeat(8)}[caret]`, 60, 'The Gryphon. It slept on. It slept on. It slept on. It slept on.'],
    ['flows as the rest', new Markdown(), 'One [caret]two.\n\n> The Gryphon\n> slept.', 1000, 'The Gryphon slept.'],
    ['is nothing in a short document', plainText, 'One [caret]two.', 1000, ''],
    ['holds no code behind a comment', typescript, '// One [caret]two.\nlet gryphon = 1\n', 1000, ''],
  ])('%s', (_what, language, marked, budget, expected) => {
    expect(backgroundAt(new Background(), language, marked, budget).replace(/^> /, '').trim()).toBe(expected)
  })

  it('stays as it is while someone types', () => {
    const reader = new Background()
    const document = `${'The Gryphon slept on the old wall. '.repeat(4000)}\n\n`
    const seen = new Set(Array.from('And so did she, they say.', (_, at) => backgroundAt(reader, plainText, `${document}${'And so did she, they say.'.slice(0, at)}[caret]\n\nNext.`, 1000)))
    expect(seen.size).toBe(1)
    const [background = ''] = seen
    expect(background.length).toBeGreaterThan(30_000)
    expect(background.length).toBeLessThan(66_000)
  })
})
