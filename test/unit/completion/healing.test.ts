import { describe, expect, it } from 'vitest'
import { splitHealing } from '../../../src/completion/healing'

describe('splitHealing', () => {
  it.each<[string, string, string]>([
    ['The quick bro', 'The quick', ' bro'],
    ['The quick ', 'The quick', ' '],
    ['The quick', 'The', ' quick'],
    ['The', '', 'The'],
    ['The quick.', 'The quick.', ''],
    ['The quick. ', 'The quick.', ' '],
    ['The quick,  ', 'The quick,', ' '],
    ['One.\n\n', 'One.\n\n', ''],
    ['One.\n\n  ', 'One.\n\n', ''],
    ['One.\n\nTw', 'One.\n\n', 'Tw'],
    ['(see', '(', 'see'],
    ['well-kn', 'well-', 'kn'],
    ["I don't", 'I don', "'t"],
    ["I don'", 'I don', "'"],
    ['I don’t', 'I don’', 't'],
    ["the 'quo", "the '", 'quo'],
    ['in 19', 'in', ' 19'],
    ['version 3.1', 'version 3.', '1'],
    ['café au la', 'café au', ' la'],
    ['na\u0308i', '', 'na\u0308i'],
    ['- ', '-', ' '],
    ['# ', '#', ' '],
    ['今日は天気', '今日は天気', ''],
    ['日本 and th', '日本 and', ' th'],
    ['price: $', 'price: $', ''],
    ['', '', ''],
    ['x'.repeat(100), 'x'.repeat(100), ''],
    ['emoji 😀', 'emoji 😀', ''],
    ['emoji 😀 a', 'emoji 😀', ' a'],
  ])('%j is %j and %j', (before, prompt, healing) => {
    expect(splitHealing(before)).toEqual({ prompt, healing })
  })
})
