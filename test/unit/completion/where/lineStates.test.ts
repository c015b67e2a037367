import { describe, expect, it } from 'vitest'
import { textOf } from '../../../../src/completion/textView'
import { asciiDoc } from '../../../../src/completion/where/asciiDoc'
import { commentSyntaxes } from '../../../../src/completion/where/commentSyntax'
import { CodeComments } from '../../../../src/completion/where/comments'
import { latex } from '../../../../src/completion/where/latex'
import { restructuredText } from '../../../../src/completion/where/restructuredText'
import type { ProseLanguage } from '../../../../src/completion/where/place'

const typescript = commentSyntaxes.get('typescript')
if (!typescript) throw new Error('typescript')

const cases: readonly (readonly [string, () => ProseLanguage, readonly string[]])[] = [
  ['LaTeX', latex, ['\\begin{verbatim}\n', 'x $', '\n\\end{verbatim}', '\n\n', '$x', '$ and ', '\\footnote{', 'a', '}', '\n% ', 'x\n']],
  ['reStructuredText', restructuredText, ['::\n\n   ', 'code\n', '\nText ``', 'x`` ', '\n\n.. code::\n\n   ', 'y\n\n', '.. note::\n\n   Text']],
  ['AsciiDoc', asciiDoc, ['\n----\n', 'code', '\n----\n', 'Text `x', '` and\n', '\n[source]\n', 'x\n', '\n|===\n', '| a\n', '|===\n\n']],
  ['comments', () => new CodeComments(typescript), ['/* a\n', ' * b ', '*/ x = `', '\n// ', '`\n', '// c ']],
]

describe('what is known at a line', () => {
  it.each(cases)('of %s is the same after keystrokes as when it is read anew', (_, make, pieces) => {
    const kept = make()
    let text = 'Some text.\n\n'.repeat(50)
    let offset = text.length / 2
    // Each piece is typed, and half of them are taken back.
    for (const [index, piece] of [...pieces, ...pieces].entries()) {
      const before = text
      text = text.slice(0, offset) + piece + text.slice(offset)
      for (const at of [offset + piece.length, offset, Math.min(text.length, offset + 40), text.length]) {
        expect(kept.place({ id: 'a', text: textOf(text) }, at)).toEqual(make().place({ id: 'a', text: textOf(text) }, at))
        expect(kept.flow({ id: 'a', text: textOf(text) }, at - 30, at)).toBe(make().flow({ id: 'a', text: textOf(text) }, at - 30, at))
      }
      if (index % 2 === 1 && index > pieces.length) text = before
      else offset += piece.length
    }
  })

  it.each(cases)('of %s is found in hostile text without an error', (_, make) => {
    for (const text of ['{'.repeat(20_000), '\\'.repeat(9_999), '`'.repeat(9_999), '/*'.repeat(5_000), '['.repeat(9_999), ':'.repeat(9_999), '"'.repeat(9_999), '\n'.repeat(5_000), '\u0000\ud800', '$'.repeat(5_001), '<'.repeat(9_999)]) {
      expect(() => make().place({ id: 'h', text: textOf(text) }, text.length)).not.toThrow()
      expect(() => make().flow({ id: 'h', text: textOf(text) }, 0, text.length)).not.toThrow()
    }
  })
})
