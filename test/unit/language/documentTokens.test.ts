import { describe, expect, it } from 'vitest'
import { DocumentTokens } from '../../../src/language/documentTokens'

/** Letters stand for tokens. */
function tokens(text: string): Int32Array {
  return Int32Array.from(text, (letter) => letter.charCodeAt(0))
}

function documentOf(text: string): DocumentTokens {
  const document = new DocumentTokens()
  document.hold(tokens(text))
  return document
}

/** What follows, by how many of the last tokens agree: `b2c1` is b twice and c once. */
function followers(document: DocumentTokens, context: string): readonly string[] {
  return document.followers(Array.from(tokens(context))).map(({ total, counts }) => {
    expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(total)
    return [...counts].map(([id, count]) => `${String.fromCharCode(id)}${count}`).sort().join('')
  })
}

describe('The tokens of a document', () => {
  it.each([
    ['abcabd', 'ab', ['a2b2c1d1', 'c1d1', 'c1d1', '']],
    ['xabcyabdab', 'xab', ['a3b3c1d1x1y1', 'c1d1', 'c1d1', 'c1']],
    ['xabcyabdab', 'b', ['a3b3c1d1x1y1', 'c1d1', '', '']],
    ['abc', 'c', ['a1b1c1', '', '', '']],
    ['abc', 'z', ['a1b1c1', '', '', '']],
    ['abc', '', ['a1b1c1', '', '', '']],
    ['aaaa', 'aaa', ['a4', 'a3', 'a2', 'a1']],
    ['', 'a', ['', '', '', '']],
  ])('%j: behind %j stood %j', (text, context, expected) => {
    expect(followers(documentOf(text), context)).toEqual(expected)
  })

  it('are the same however they came to be held', () => {
    const changing = new DocumentTokens()
    for (const text of ['abcab', 'abcabd', 'abxab', '', 'bab', 'babab', 'bababcab']) {
      changing.hold(tokens(text))
      for (const context of ['b', 'ab', 'bab', 'cab']) expect(followers(changing, context)).toEqual(followers(documentOf(text), context))
    }
  })
})
