import { describe, expect, it } from 'vitest'
import { asciiDoc } from '../../../../src/completion/where/asciiDoc'
import { flowOf, paragraphRest, placeOf } from './support'

const language = asciiDoc()

describe('a caret in AsciiDoc', () => {
  it.each<[string, string]>([
    ['The quick [caret]', 'prose'],
    ['= The [caret]', 'heading'],
    ['== The [caret]', 'heading'],
    ['.The [caret]', 'heading'],
    ['=[caret]', 'markup'],
    ['* item [caret]', 'prose'],
    [' * item [caret]', 'prose'],
    ['. item [caret]', 'prose'],
    ['NOTE: The [caret]', 'prose'],
    ['====\nAn example [caret]\n====', 'prose'],
    ['[quote]\n____\nA quotation [caret]\n____', 'prose'],
    // Header and attributes
    ['= Title\nJane Doe [caret]', 'attribute'],
    ['= Title\n:toc: left[caret]', 'attribute'],
    ['= Title\n\nText [caret]', 'prose'],
    [':name: val[caret]', 'attribute'],
    [':na[caret]', 'attribute'],
    ['[source,ru[caret]', 'attribute'],
    ['[NOTE]\n====\nText [caret]', 'prose'],
    // Blocks
    ['----\ncode [caret]\n----', 'code'],
    ['----\ncode\n----\nText [caret]', 'prose'],
    ['----\ncode\n\nmore [caret]', 'code'],
    ['....\nliteral [caret]', 'code'],
    ['```js\nx [caret]', 'code'],
    ['```js\nx\n```\nText [caret]', 'prose'],
    ['++++\n<b> [caret]', 'html'],
    ['[stem]\n++++\nx [caret]', 'math'],
    ['////\ncomment [caret]', 'comment'],
    ['// comment [caret]', 'comment'],
    ['|===\n| a [caret]', 'table'],
    ['|===\n| a\n|===\n\nText [caret]', 'prose'],
    ['[source]\nputs [caret]', 'code'],
    ['[source]\nputs 1\nputs [caret]', 'code'],
    ['[source]\nputs 1\n\nText [caret]', 'prose'],
    ['[source]\n--\nputs [caret]', 'code'],
    ['Text\n\n indented [caret]', 'code'],
    ['* item\n indented but of the item [caret]', 'prose'],
    // Inline
    ['Call `foo[caret]', 'code'],
    ['Call `foo` and [caret]', 'prose'],
    ['Let stem:[x [caret]', 'math'],
    ['Let stem:[x] be [caret]', 'prose'],
    ['See <<re[caret]', 'link'],
    ['See <<ref>> and [caret]', 'prose'],
    ['See https://x[caret]', 'link'],
    ['See https://x[the te[caret]', 'prose'],
    ['See https://x[the text] and [caret]', 'prose'],
    ['See image:pi[caret]', 'link'],
    ['image::pic.png[the [caret]', 'command'],
    ['The {na[caret]', 'attribute'],
    ['The {name} of [caret]', 'prose'],
    ['A footnote:[the text [caret]', 'prose'],
  ])('%j is in %s', (marked, expected) => {
    expect(placeOf(language, marked)).toBe(expected)
  })

  it('has the rest of its paragraph behind it', () => {
    expect(paragraphRest(language, 'The [caret]quick\nfox.\n* Next')).toBe('quick\nfox.')
  })

  it.each<[string, string]>([
    ['= Title\n\nThe quick\nfox.\n----\na\nb\n----', '= Title\n\nThe quick fox.\n----\na\nb\n----'],
    ['* the\nfox\n* the dog', '* the fox\n* the dog'],
    ['The\n// comment\nfox', 'The fox'],
    ['One +\ntwo', 'One +\ntwo'],
  ])('%j flows as %j', (text, expected) => {
    expect(flowOf(language, text)).toBe(expected)
  })
})
