import { describe, expect, it } from 'vitest'
import { characterBudget, readCaret, windowStart } from '../../../src/completion/context'
import { textOf } from '../../../src/completion/textView'
import { Markdown } from '../../../src/completion/where/markdown'
import { plainText } from '../../../src/completion/where/plain'
import type { ProseLanguage } from '../../../src/completion/where/place'
import { withCaret } from './support'

function caretAt(language: ProseLanguage, marked: string, budget = 1_000): { readonly before: string; readonly after: string } {
  const { text, offset } = withCaret(marked)
  const document = { id: marked, text: textOf(text) }
  const place = language.place(document, offset)
  if (place.kind === 'other') throw new Error(place.why)
  const { before, after } = readCaret(language, document, place.region, offset, budget)
  return { before, after }
}

describe('the text around a caret', () => {
  it.each<[string, string, string]>([
    ['The quick [caret]', 'The quick ', ''],
    ['The [caret]fox\njumps.\n\nNext.', 'The ', 'fox jumps.'],
    ['The fox[caret]\njumps.', 'The fox', ' jumps.'],
    ['The fox\n[caret]jumps.', 'The fox ', 'jumps.'],
    ['# Head\n\nThe [caret]', '# Head\n\nThe ', ''],
    ['> The fox\n> [caret]jumps', '> The fox ', 'jumps'],
    ['---\nt: 1\n---\n\nThe [caret]', '---\nt: 1\n---\n\nThe ', ''],
    ['\n\n  The [caret]', 'The ', ''],
    ['The\r\nfox [caret]\r\njumps', 'The fox ', ' jumps'],
  ])('%j in Markdown reads %j before and %j after', (marked, before, after) => {
    expect(caretAt(new Markdown(), marked)).toEqual({ before, after })
  })

  const full = 'This line is about as long as those that somebody wraps by'
  it.each<[string, string, string]>([
    ['Roses are red,\nviolets are [caret]', 'Roses are red,\nviolets are ', ''],
    ['Roses are [caret]red,\nviolets are blue', 'Roses are ', 'red,\nviolets are blue'],
    [`${full}\nhand and goes [caret]`, `${full} hand and goes `, ''],
    [`${full}\n[caret]`, `${full} `, ''],
    [`${full}[caret]\nhand and goes on`, full, ' hand and goes on'],
    [`${full}\n\n- item\n- [caret]`, `${full}\n\n- item\n- `, ''],
  ])('%j in plain text reads %j before and %j after', (marked, before, after) => {
    expect(caretAt(plainText, marked)).toEqual({ before, after })
  })
})

describe('the context window', () => {
  const sentence = 'A sentence of some words. '
  const text = `${sentence.repeat(8)}\n\n`.repeat(60)

  it('begins where the text begins while the text is short', () => {
    expect(windowStart(textOf(text), 0, 900, 1_000)).toBe(0)
    expect(windowStart(textOf(text), 500, 1_400, 1_000)).toBe(500)
  })

  it('holds between a quarter and the whole of its budget, and begins with a paragraph or a sentence', () => {
    for (let offset = 1_000; offset < text.length; offset += 37) {
      const start = windowStart(textOf(text), 0, offset, 1_000)
      expect(offset - start).toBeGreaterThanOrEqual(250)
      expect(offset - start).toBeLessThanOrEqual(1_000)
      expect(text.slice(start, start + 10)).toBe('A sentence')
    }
  })

  it('moves seldom while someone types', () => {
    const starts = new Set<number>()
    for (let offset = 5_000; offset < 7_000; offset++) starts.add(windowStart(textOf(text), 0, offset, 1_000))
    expect(starts.size).toBeLessThanOrEqual(5)
  })

  it('begins anywhere in a text without a space', () => {
    const long = 'x'.repeat(10_000)
    expect(windowStart(textOf(long), 0, 9_999, 1_000)).toBe(9_000)
  })
})

describe('characterBudget', () => {
  it('reads three characters a token, and fewer of scripts that the vocabulary may not know', () => {
    const budget = (text: string): number => characterBudget(textOf(text), text.length, 532, 32)
    expect(budget('English text. '.repeat(200))).toBe(1_500)
    expect(budget('Русский текст. '.repeat(200))).toBe(250)
    expect(budget('')).toBe(1_500)
  })
})
