import { describe, expect, it } from 'vitest'
import { blankBetween } from '../../../src/host/blankBetween'

describe('between a text and what stands behind it', () => {
  it.each([
    ['we went with', 'my friends', ' '],
    ['The end.', 'Then', ' '],
    ['“Yes,”', 'she said', ' '],
    ['in', '1957', ' '],
    ['im Garten', 'Äpfel', ' '],
    ['we went with ', 'my friends', ''],
    ['we went', ', and', ''],
    ['we went', ' with', ''],
    ['we went', '', ''],
    ['The end.\n', 'Then', ''],
    ['well-', 'known', ''],
    ['(', 'as it were', ''],
  ])('%j and %j stands %j', (text, after, blank) => {
    expect(blankBetween(text, after)).toBe(blank)
  })
})
