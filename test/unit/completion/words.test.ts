import { describe, expect, it } from 'vitest'
import { firstWordEnd, sentencesOf, takeWords, wordsOf } from '../../../src/completion/words'

/** `text` cut into what is accepted word by word. */
function pieces(text: string): readonly string[] {
  const result: string[] = []
  for (let rest = text; rest !== ''; rest = rest.slice(firstWordEnd(rest))) result.push(rest.slice(0, firstWordEnd(rest)))
  return result
}

describe('accepting word by word', () => {
  it.each<[string, readonly string[]]>([
    [' quick brown fox.', [' quick', ' brown', ' fox.']],
    ['ick brown', ['ick', ' brown']],
    ['well-known don’t', ['well-known', ' don’t']],
    ['said, “Come here.” Then', ['said,', ' “Come', ' here.”', ' Then']],
    ['dog (a big one) ran', ['dog', ' (a', ' big', ' one)', ' ran']],
    ['a – b', ['a', ' – b']],
    ['3.14 and 1,000', ['3.14', ' and', ' 1,000']],
    ['...', ['...']],
    ['😀 yes', ['😀 yes']],
    ['', []],
  ])('%j', (text, expected) => {
    expect(pieces(text)).toEqual(expected)
  })

  it('takes so many words', () => {
    expect(takeWords('one two, three four', 2)).toBe('one two,')
    expect(takeWords('one', 5)).toBe('one')
  })
})

describe('sentencesOf', () => {
  it.each<[string, readonly string[]]>([
    ['One. Two! Three?', ['One. ', 'Two! ', 'Three?']],
    ['Mr. Smith met Dr. J. Doe. He left.', ['Mr. Smith met Dr. J. Doe. ', 'He left.']],
    ['See e.g. Figure 1. Then go.', ['See e.g. Figure 1. ', 'Then go.']],
    ['“Come.” She left.', ['“Come.” ', 'She left.']],
    ['', []],
  ])('%j', (text, expected) => {
    expect(sentencesOf(text)).toEqual(expected)
  })
})

describe('wordsOf', () => {
  it('knows words of all scripts and where they stand', () => {
    expect(wordsOf('Der Bär, 3.14 – don’t').map((word) => word.text)).toEqual(['Der', 'Bär', '3.14', 'don’t'])
    expect(wordsOf('a bc')).toEqual([{ text: 'a', from: 0, to: 1 }, { text: 'bc', from: 2, to: 4 }])
  })
})
