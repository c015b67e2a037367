import { describe, expect, it } from 'vitest'
import { readCaret } from '../../../../src/completion/context'
import { textOf } from '../../../../src/completion/textView'
import { ProseLanguages } from '../../../../src/completion/where/languages'
import type { ProseLanguage } from '../../../../src/completion/where/place'
import { withCaret } from '../support'
import { placeOf } from './support'

const languages = new ProseLanguages()

function language(id: string): ProseLanguage {
  const found = languages.find(id)
  if (!found) throw new Error(id)
  return found
}

const code = 'code-outside-comment'

describe('a caret in a program', () => {
  it.each<[string, string, string]>([
    ['typescript', '// The [caret]', 'prose'],
    ['typescript', 'const x = 1 // the [caret]', 'prose'],
    ['typescript', 'const x = [caret]', code],
    ['typescript', "const url = 'http://the [caret]'", code],
    ['typescript', "const url = 'it\\'s // the [caret]'", code],
    ['typescript', 'const t = `a\n// the [caret]`', code],
    ['typescript', 'const t = `a\n` // the [caret]', 'prose'],
    ['typescript', 'const r = /["\']/ // the [caret]', 'prose'],
    ['typescript', 'const r = a / b // the [caret]', 'prose'],
    ['typescript', '/* The [caret]', 'prose'],
    ['typescript', '/**\n * The [caret]\n */', 'prose'],
    ['typescript', '/* done */ x [caret]', code],
    ['typescript', '/* it\'s */\nx = [caret]', code],
    ['typescript', '// eslint-disable-next-line the [caret]', 'directive'],
    ['typescript', '// @ts-expect-error the [caret]', 'directive'],
    ['python', '# The [caret]', 'prose'],
    ['python', '"""The [caret]', 'prose'],
    ['python', 'def f():\n    """The [caret]\n    """', 'prose'],
    ['python', 'x = """the [caret]', code],
    ['python', "s = '# the [caret]'", code],
    ['python', '# noqa: E501 [caret]', 'directive'],
    ['shellscript', 'echo $# the [caret]', code],
    ['shellscript', 'echo x # the [caret]', 'prose'],
    ['rust', "fn f<'a>(x: &'a str) {} // the [caret]", 'prose'],
    ['rust', '/// The [caret]', 'prose'],
    ['go', 'x := `a\n// b [caret]`', code],
    ['c', '#include <a> /* the [caret]', 'prose'],
    ['sql', "select 'it''s -- the [caret]'", code],
    ['sql', "select 'it''s' -- the [caret]", 'prose'],
    ['lua', '--[[ the\nquick [caret]', 'prose'],
    ['haskell', '{- the [caret] -}', 'prose'],
    ['html', '<!-- the [caret] -->', 'prose'],
    ['html', '<p>the [caret]</p>', code],
    ['css', 'a { /* the [caret] */ }', 'prose'],
    ['css', 'a { color: red; [caret] }', code],
    ['clojure', '(f "; a") ; the [caret]', 'prose'],
    ['yaml', 'a: b # the [caret]', 'prose'],
  ])('of %s, %j, is in %s', (id, marked, expected) => {
    expect(placeOf(language(id), marked)).toBe(expected)
  })
})

describe('a comment reads', () => {
  it.each<[string, string, string, string]>([
    ['typescript', 'x()\n// The quick\n// brown [caret]', 'The quick brown ', ''],
    ['typescript', 'x() // no\n\n// The [caret]quick\n// fox\nx()', 'The ', 'quick fox'],
    ['typescript', 'const x = 1 // the [caret]\n// other', 'the ', ''],
    ['typescript', '/**\n * The quick\n * brown [caret]\n */', 'The quick brown ', ''],
    ['typescript', '/**\n * One.\n *\n * Two [caret]\n */', 'One.\n\nTwo ', ''],
    ['typescript', '/**\n * The text.\n * @param x the [caret]\n */', 'The text.\n@param x the ', ''],
    ['typescript', '/* The [caret]fox */ x', 'The ', 'fox'],
    ['typescript', '/* The\n   quick [caret] */ x', 'The quick ', ''],
    ['python', 'def f():\n    """The quick\n    brown [caret]\n    """', 'The quick brown ', ''],
    ['python', '# The\n# quick [caret]', 'The quick ', ''],
    ['shellscript', 'echo\n# The [caret]', 'The ', ''],
    ['rust', '/// The\n/// quick [caret]', 'The quick ', ''],
  ])('of %s, %j, as %j before the caret and %j after', (id, marked, before, after) => {
    const { text, offset } = withCaret(marked)
    const document = { id: marked, text: textOf(text) }
    const place = language(id).place(document, offset)
    if (place.kind === 'other') throw new Error(place.why)
    const caret = readCaret(language(id), document, place.region, offset, 1_000)
    expect({ before: caret.before, after: caret.after.trimEnd() }).toEqual({ before, after })
  })
})
