import { describe, expect, it } from 'vitest'
import { lineAt, textOf, withReplacement } from '../../../src/completion/textView'
import { editOf, type Edit, type TextChange } from '../../../src/completion/trigger'

describe('a view with a replacement', () => {
  it.each<[string, number, number, string]>([
    ['The quick fox', 4, 9, 'slow'],
    ['The quick fox', 13, 13, ' jumps'],
    ['The quick fox', 0, 3, ''],
    ['', 0, 0, 'text'],
  ])('of %j reads like the string, in every slice', (text, from, to, inserted) => {
    const expected = text.slice(0, from) + inserted + text.slice(to)
    const view = withReplacement(textOf(text), from, to, inserted)
    expect(view.length).toBe(expected.length)
    for (let start = 0; start <= expected.length; start++) {
      for (let end = start; end <= expected.length; end++) expect(view.slice(start, end)).toBe(expected.slice(start, end))
    }
  })
})

describe('lineAt', () => {
  it.each<[string, number, string, number]>([
    ['one\ntwo\nthree', 5, 'two', 4],
    ['one\ntwo', 4, 'two', 4],
    ['one\ntwo', 3, 'one', 0],
    ['one\r\ntwo\r\n', 6, 'two', 5],
    ['one\n', 4, '', 4],
    ['', 0, '', 0],
  ])('%j at %i is %j', (text, offset, line, from) => {
    expect(lineAt(textOf(text), offset)).toEqual({ from, to: from + line.length, text: line })
  })
})

describe('editOf', () => {
  it.each<[readonly TextChange[], Edit]>([
    [[{ removedLength: 0, inserted: 'a' }], 'typed'],
    [[{ removedLength: 0, inserted: '()' }], 'typed'],
    [[{ removedLength: 0, inserted: '\n  ' }], 'typed'],
    [[{ removedLength: 1, inserted: '' }], 'deleted'],
    [[{ removedLength: 3, inserted: 'the' }], 'typed'],
    [[{ removedLength: 0, inserted: 'a' }, { removedLength: 0, inserted: 'a' }], 'typed'],
    [[{ removedLength: 0, inserted: 'x'.repeat(200) }], 'pasted'],
    [[{ removedLength: 0, inserted: 'two\nlines' }], 'pasted'],
    [[], 'moved'],
  ])('%j is %s', (changes, edit) => {
    expect(editOf(changes)).toBe(edit)
  })
})
