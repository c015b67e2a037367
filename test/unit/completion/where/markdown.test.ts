import { describe, expect, it } from 'vitest'
import { textOf } from '../../../../src/completion/textView'
import { Markdown } from '../../../../src/completion/where/markdown'
import { withCaret } from '../support'
import { flowOf, paragraphRest, placeOf } from './support'

const markdown = new Markdown()

describe('a caret in Markdown', () => {
  it.each<[string, string]>([
    // Paragraphs, lists, quotations, headings
    ['The quick [caret]', 'prose'],
    ['The quick [caret]\n', 'prose'],
    ['The [caret]fox\njumps', 'prose'],
    ['One.\n\n[caret]', 'prose'],
    ['- item [caret]', 'prose'],
    ['- [caret]', 'prose'],
    ['-[caret]', 'markup'],
    ['1. first\n2. [caret]', 'prose'],
    ['- [ ] buy [caret]', 'prose'],
    ['- [ ][caret]', 'markup'],
    ['> quoted [caret]', 'prose'],
    ['>[caret]', 'markup'],
    ['> [!NO[caret]', 'markup'],
    ['# Head [caret]', 'heading'],
    ['#[caret]', 'markup'],
    ['Title [caret]\n=====', 'heading'],
    ['***[caret]', 'markup'],
    ['Some **bold[caret]**', 'prose'],
    ['Some **[caret]**', 'prose'],
    ['- item\n\n    continued [caret]', 'prose'],
    // Front matter
    ['---\ntitle: A [caret]\n---\n\nText', 'front-matter'],
    ['---\ntitle: A\n---[caret]\n\nText', 'front-matter'],
    ['---\ntitle: A\n---\n\nText [caret]', 'prose'],
    ['---\ntitle: A [caret]', 'front-matter'],
    ['---\n[caret]', 'front-matter'],
    ['---\ntitle: A\n\nText after a blank line [caret]', 'prose'],
    ['+++\ntitle = "A [caret]"\n+++\n', 'front-matter'],
    ['Text\n\n---\n\nMore [caret]', 'prose'],
    ['---\n\nA rule and then text [caret]', 'prose'],
    // Code
    ['```js\nlet x [caret]\n```\n', 'code'],
    ['```js\nlet x [caret]', 'code'],
    ['```js\n[caret]', 'code'],
    ['```[caret]', 'code'],
    ['~~~\ntext [caret]\n~~~', 'code'],
    ['```\ncode\n```\n\nText [caret]', 'prose'],
    ['```\ncode\n```\nText [caret]', 'prose'],
    ['Text\n\n    indented [caret]', 'code'],
    ['Call `foo[caret]`', 'code'],
    ['Call `foo [caret]', 'code'],
    ['Call `foo`[caret]', 'prose'],
    ['Call `foo` and [caret]', 'prose'],
    ['Call ``a ` b`` and [caret]', 'prose'],
    ['- item\n  ```sh\n  ls [caret]\n  ```', 'code'],
    // Tables
    ['| a | b |\n|---|---|\n| c [caret]| d |', 'table'],
    ['| a [caret]', 'table'],
    ['| a | b |\n|---|---|\n\nText [caret]', 'prose'],
    // Links
    ['See [the te[caret]xt](http://a.b)', 'prose'],
    ['See [the text](http[caret]://a.b)', 'link'],
    ['See [the text](http://a.b "ti[caret]tle")', 'link'],
    ['See [the text](http://a.b)[caret]', 'prose'],
    ['See [the text](htt[caret]', 'link'],
    ['See [the text]([caret])', 'link'],
    ['See [the text][re[caret]f]', 'link'],
    ['See [the text][re[caret]', 'link'],
    ['See ![alt te[caret]xt](a.png)', 'prose'],
    ['See ![alt](a[caret].png)', 'link'],
    ['See https://example.com/a[caret]', 'link'],
    ['See https://example.com/a and [caret]', 'prose'],
    ['See <https://exa[caret]mple.com>', 'link'],
    ['See <https://exa[caret]', 'link'],
    ['See [[Some pa[caret]', 'link'],
    ['See note[^1[caret]', 'link'],
    ['See note[^1] for [caret]', 'prose'],
    ['[ref]: http://a[caret].b', 'definition'],
    ['[ref]: [caret]', 'definition'],
    ['[^1]: The note [caret]', 'prose'],
    ['[^1]: Word[caret]', 'prose'],
    // HTML
    ['<div>\nfoo [caret]\n</div>', 'html'],
    ['Text <b cl[caret]ass="x">bold</b>', 'html'],
    ['Text <b>bold[caret]</b>', 'prose'],
    ['Text <a hr[caret]', 'html'],
    ['Text with a < b and [caret]', 'prose'],
    ['Text <!-- a comment [caret]', 'html'],
    // Mathematics
    ['Let $x + [caret]y$ be', 'math'],
    ['Let $x$ be [caret]', 'prose'],
    ['Let $x + [caret]', 'math'],
    ['Let $\\alpha + [caret]', 'math'],
    ['It costs $5 and [caret]', 'prose'],
    ['It costs $5 and then $6 [caret]', 'prose'],
    ['Set $HOME to the folder [caret]', 'prose'],
    ['$$\nx = [caret]\n$$', 'math'],
    ['Text:\n$$\nx = [caret]\n$$', 'math'],
    ['$$\nx = [caret]', 'math'],
    ['$$\nx = y\n$$\n\nText [caret]', 'prose'],
    ['$$\nx = y\n\nText behind mathematics without an end [caret]', 'prose'],
    ['Let \\(x [caret]', 'math'],
    ['Let \\(x\\) be [caret]', 'prose'],
    // What tools add
    [':::note [caret]', 'directive'],
    ['Text {{< fig[caret]', 'markup'],
    ['Text {% inc[caret]', 'markup'],
    ['A smile :smi[caret]', 'markup'],
    ['At 10:30 [caret]', 'prose'],
    ['[caret]', 'prose'],
  ])('%j is in %s', (marked, expected) => {
    expect(placeOf(markdown, marked)).toBe(expected)
  })

  it.each<[string, string]>([
    ['The quick [caret]', ''],
    ['The [caret]quick\nfox.\n\nNext.', 'quick\nfox.'],
    ['# The [caret]head\nText', 'head'],
    ['- the [caret]item\n- next', 'item'],
    ['> the [caret]quote\n> goes on\n\nText', 'quote\n> goes on'],
    ['One.\n[caret]\nTwo.', ''],
    ['[caret]One.\n\nTwo.', 'One.'],
  ])('%j has %j behind it in its paragraph', (marked, rest) => {
    expect(paragraphRest(markdown, marked)).toBe(rest)
  })
})

describe('Markdown flows', () => {
  it.each<[string, string]>([
    ['The quick\nbrown fox\njumps.\n\nNext\none.', 'The quick brown fox jumps.\n\nNext one.'],
    ['The quick\r\nbrown fox', 'The quick brown fox'],
    ['A hard break  \nstays\\\none.', 'A hard break\nstays\none.'],
    ['> a quote\n> goes on', '> a quote goes on'],
    ['- an item\n  goes on\n- another', '- an item goes on\n- another'],
    ['```\na\nb\n```', '```\na\nb\n```'],
    ['| a |\n|---|\n| b |', '| a |\n|---|\n| b |'],
    ['# Head\nText', '# Head\nText'],
    ['A line that is long enough to have been broken by its writer because the\n', 'A line that is long enough to have been broken by its writer because the '],
    ['A line that is long enough to have been broken but ends with its sentence.\n', 'A line that is long enough to have been broken but ends with its sentence.\n'],
    ['Short\n', 'Short\n'],
  ])('%j as %j', (text, expected) => {
    expect(flowOf(markdown, text)).toBe(expected)
  })
})

describe('the syntax tree of a document', () => {
  const document = (text: string): { id: string; text: ReturnType<typeof textOf> } => ({ id: 'kept', text: textOf(text) })

  it('is the same after keystrokes as when it is made anew', () => {
    const kept = new Markdown()
    const paragraph = 'Text with `code` and $x$ and more.\n\n```js\nlet x = 1\n```\n\n- item\n\n'
    const typed = ['```', '\n', 'x', '\n', '```', '\n', '| a |', '\n|---|\n', '$$\n', 'x', '\n$$\n', 'See [a](b', ')', ' end ']
    let text = paragraph.repeat(40)
    let offset = paragraph.length * 20
    for (const piece of typed) {
      text = text.slice(0, offset) + piece + text.slice(offset)
      offset += piece.length
      for (const at of [offset, offset + 20, offset - 3, text.length - 10]) {
        expect(kept.place(document(text), at)).toEqual(new Markdown().place(document(text), at))
      }
    }
  })

  it('of a very long one is made of the part around the caret, and knows its code from its text', () => {
    const section = '## Head\n\nText that is there to be long, and to be read as prose.\n\n```js\nlet x = 1\n\n# no heading\n\nlet y = 2\n```\n\n'
    const text = section.repeat(10_000)
    const kept = new Markdown()
    for (const share of [0.3, 0.5, 0.9]) {
      const start = text.indexOf(section, Math.floor(text.length * share))
      expect(kept.place(document(text), start + section.indexOf(', and')).kind).toBe('prose')
      expect(kept.place(document(text), start + section.indexOf('x = 1'))).toEqual({ kind: 'other', why: 'code' })
    }
  })

  it('of hostile text is made without an error', () => {
    for (const text of ['['.repeat(5_000), '> '.repeat(2_000), '`'.repeat(9_999), '*a '.repeat(3_000), '$'.repeat(5_001), '<!--'.repeat(2_000), '\u0000\ud800', '- '.repeat(500), '$1'.repeat(50_000), ']('.repeat(50_000), '`a``'.repeat(30_000), '\\('.repeat(50_000), '<a '.repeat(40_000), ' '.repeat(100_000), '{{'.repeat(50_000)]) {
      expect(() => markdown.place(document(text), text.length)).not.toThrow()
    }
  })
})

describe('withCaret', () => {
  it('finds the caret', () => {
    expect(withCaret('a[caret]b')).toEqual({ text: 'ab', offset: 1 })
  })
})
