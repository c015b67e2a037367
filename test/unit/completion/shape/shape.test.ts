import { describe, expect, it } from 'vitest'
import type { Caret } from '../../../../src/completion/context'
import { isInsideWord, shape } from '../../../../src/completion/shape/shape'
import { withCaret } from '../support'

function caretIn(marked: string, markup: Caret['markup'] = 'markdown'): Caret {
  const { text, offset } = withCaret(marked)
  return { before: text.slice(0, offset), after: text.slice(offset), unit: 'sentence', markup }
}

function shaped(marked: string, continuation: string, markup?: Caret['markup']): string {
  const result = shape(continuation, caretIn(marked, markup), { maxWords: 16, minLength: 2 })
  return result.kind === 'text' ? `→${result.text}` : result.why
}

describe('a continuation is shown', () => {
  it.each<[string, string, string]>([
    // Spaces
    ['The [caret]', ' quick fox.', '→quick fox.'],
    ['The[caret]', ' quick fox. ', '→ quick fox.'],
    ['One.\n\n[caret]', ' Two is more.', '→Two is more.'],
    ['The [caret]', 'quick  fox', '→quick fox'],
    ['The qu[caret]', 'ick fox', '→ick fox'],
    ['It ended. [caret]', 'Then it began.', '→Then it began.'],
    // Before what stands after the caret
    ['The [caret]dog ran.', 'quick brown', '→quick brown '],
    ['The [caret] dog ran.', 'quick brown', '→quick brown'],
    ['The quick[caret] dog ran.', ' brown', '→ brown'],
    ['The dog[caret].', ' ran away.', '→ ran away'],
    ['The dog[caret], and', ' ran away', '→ ran away'],
    ['The dog ran [caret](fast)', 'very', '→very '],
    ['He said [caret]"Come"', 'only', '→only '],
    ['The [caret]*big* dog', 'very', '→very '],
    ['The [caret]`code` there', 'whole', '→whole '],
    ['It costs [caret]$5', 'about', '→about '],
    ['The dog [caret]– a big one – ran', 'next door', '→next door '],
    ['Some **bold [caret]**', 'words', '→words'],
    ['He said "[caret]"', 'Come here.', '→Come here.'],
    ['He said "[caret]"', 'Come here." Then he left.', '→Come here.'],
    ['The dog ([caret])', 'a big one) ran', '→a big one'],
    ['The dog ([caret])', 'f(x) is large) ran', '→f(x) is large'],
    ['Some **[caret]** text', 'bold words** and', '→bold words'],
    // What follows is not written again
    ['The [caret] fox jumps.', 'quick brown fox jumps over', '→quick brown'],
    ['The quick [caret]fox jumps.', 'brown fox', '→brown '],
    ['The quick [caret] Fox', 'brown fox', '→brown'],
    ['We [caret] the house of the rising sun', 'went to the house of cards', '→went to'],
    // One line, as long as allowed
    ['The [caret]', 'quick fox.\nThe next', '→quick fox.'],
    ['A [caret]', 'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen', '→one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen'],
    // Loops end before they begin
    ['They went [caret]', 'on and on and on and on', '→on and'],
    ['It is [caret]', 'the same as the same as the', '→the same as'],
    ['No. [caret]', '1 1 and 2 2', '→1 1 and 2 2'],
    // Pairs
    ['He left. [caret]', 'She said "yes" and left.', '→She said "yes" and left.'],
    ['He left. [caret]', 'She said "yes and', '→She said'],
    ['He said "[caret]', 'yes" and left', '→yes" and left'],
    ['The dog [caret]', 'ran (or walked) and (then', '→ran (or walked) and'],
    ['The dog ran [caret]', 'away) and', '→away'],
    ['Some [caret]', '**bold** and *it', '→**bold** and'],
    ['It’s [caret]', 'the dog’s bone', '→the dog’s bone'],
    ['The file is [caret]', 'called snake_case_name here', '→called snake_case_name here'],
    ['A screen of 5[caret]', '" is small', '→" is small'],
    // No markup, nothing that is no text
    ['See [caret]', 'the page [here](http://x.y) now', '→the page'],
    ['See [caret]', 'the page <b>now</b>', '→the page'],
    ['See [caret]', 'the pa\ufffdge', '→the'],
    ['See [caret]', 'the page\u0007 now', '→the'],
    ['See [caret]', 'the page | now', '→the page'],
    ['It costs [caret]', 'about $5 a day', '→about $5 a day'],
  ])('%j + %j %s', (marked, continuation, expected) => {
    expect(shaped(marked, continuation)).toBe(expected)
  })

  it.each<[string, string, string]>([
    ['The [caret]', '', 'unsure'],
    ['The [caret]', '\n\nNext', 'paragraph-end'],
    ['The end. [caret]', ' \n', 'paragraph-end'],
    ['The [caret] fox', 'fox', 'repeats-after'],
    ['The [caret]fox jumps', 'fox jumps over', 'repeats-after'],
    ['The dog ([caret])', ') ran', 'repeats-after'],
    ['Say "[caret]"', '" he', 'repeats-after'],
    ['of the [caret]', 'the dog', 'repeats-before'],
    ['as soon as possible [caret]', 'as soon as possible', 'repeats-before'],
    ['He was not there. [caret]', 'He was not there.', 'repeats-before'],
    ['The dog [caret]', '(a big', 'unbalanced'],
    ['The dog [caret]', ') ran', 'unbalanced'],
    ['The [caret]', '\ufffd\ufffd', 'garbage'],
    ['See [caret]', '![image](x.png)', 'garbage'],
    ['The dog [caret]', '.', 'too-short'],
    ['The do[caret]', 'g', 'too-short'],
    ['The [caret]dog ran.', 'end came.', 'does-not-join'],
    ['The dog ran.[caret]', 'Then', 'does-not-join'],
  ])('%j + %j is not, because: %s', (marked, continuation, why) => {
    expect(shaped(marked, continuation)).toBe(why)
  })

  it.each<[Caret['markup'], string, string]>([
    ['latex', 'the \\emph{great} dog', '→the'],
    ['latex', 'about 5 dogs', '→about 5 dogs'],
    ['restructuredtext', 'the ``code`` there', '→the'],
    ['restructuredtext', 'the :ref:`page` there', '→the'],
    ['asciidoc', 'the link:http[here] there', '→the'],
    ['asciidoc', 'the {name} there', '→the'],
    ['none', 'the #1 dog', '→the #1 dog'],
  ])('without the markup of %s: %j %s', (markup, continuation, expected) => {
    expect(shaped('See [caret]', continuation, markup)).toBe(expected)
  })

  it('whatever the model says: no line break, no doubled space, no control character, nothing after an unclosed mark', () => {
    const alphabet = [' ', '  ', '\n', '\u0000', '\ufffd', 'word', 'Wort', '"', '(', ')', '*', '**', '_', '`', '[', ']', '.', ',', '<b>', '|', '“', '”', '\ud800', '😀']
    let seed = 1
    const random = (n: number): number => (seed = (seed * 48271) % 2147483647) % n
    for (let round = 0; round < 3_000; round++) {
      const text = Array.from({ length: 1 + random(8) }, () => alphabet[random(alphabet.length)]).join('')
      const marked = ['The [caret]', 'The[caret]', 'He said "[caret]"', 'A [caret] word', 'A [caret]word'][random(5)] ?? ''
      const result = shaped(marked, text)
      if (!result.startsWith('→')) continue
      // eslint-disable-next-line no-control-regex
      expect(result, JSON.stringify(text)).not.toMatch(/[\n\u0000\ufffd]| {2}|\|/)
      expect(result.slice(1).trim()).not.toBe('')
      expect((result.match(/\(/g) ?? []).length).toBe((result.match(/\)/g) ?? []).length)
    }
  })
})

describe('isInsideWord', () => {
  it.each<[string, boolean]>([
    ['revol[caret]utionary', true],
    ['revol[caret] utionary', false],
    ['revol [caret]utionary', false],
    ['19[caret]84', true],
    ['(foo[caret])', false],
    ['日本[caret]語', false],
    ['well[caret]-known', false],
  ])('%j: %s', (marked, expected) => {
    expect(isInsideWord(caretIn(marked))).toBe(expected)
  })
})
