import { describe, expect, it } from 'vitest'
import { endsSentence } from '../../../src/language/sentenceEnd'

// `|` stands where the question is asked.
describe('a sentence ends at', () => {
  it.each([
    'It rained.| The',
    'It rained.|',
    'It rained.|\n\n',
    'Really?| Yes',
    'Stop!| Now',
    'Really?!| Yes',
    'He said “Stop.”| She',
    'He said "Stop."| She',
    '(It was late.)| They',
    '*Never.*| Then',
    'We waited...| Nothing',
    'We waited…| Nothing',
    'We waited…|',
    'I said no.| Then',
    'So did I.| Then',
    'He came at 5 p.m.| The',
    'Apples, pears, etc.| The',
    'It works at Acme Inc.| It',
    'It was in 1984.| Then',
    '他走了。|她',
    '他说：“走！”|她',
    'そうですか？|はい',
    'The end of the list.|',
    'made in the U.S.|',
  ])('%s', (notation) => {
    expect(ask(notation)).toBe(true)
  })
})

describe('no sentence ends at', () => {
  it.each([
    'It rained| all',
    'It rained,| and',
    'Mr.| Smith',
    'MRS.| Smith',
    'Dr.| Watson',
    'e.g.| The',
    'i.e.| no',
    'etc.| and',
    'see Fig.| 3',
    'No.| 5',
    'p.| 12',
    'J.| Smith',
    'J. R. R.| Tolkien',
    'the U.S.| Army',
    '3.|14',
    'example.|org',
    'main.|ts',
    'Wait.|..',
    'Really?|!',
    'He said “Stop.|” She',
    'He said "Stop.|" She',
    '(It was late.|) They',
    '“Really?”| he',
    'Yahoo!| is',
    'Well...| maybe',
    '1.| First',
    'text\n 12.| Twelfth',
    '走了。|”',
    '',
    'word',
    '| Word',
  ])('%s', (notation) => {
    expect(ask(notation)).toBe(false)
  })
})

function ask(notation: string): boolean {
  const [text = '', next = ''] = notation.split('|')
  return endsSentence(text, next)
}
