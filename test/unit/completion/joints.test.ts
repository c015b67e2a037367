import { describe, expect, it } from 'vitest'
import type { Continuation } from '../../../src/language/continuation'
import { Completer } from '../../../src/completion/completer'
import { defaultSettings } from '../../../src/completion/settings'
import { textOf } from '../../../src/completion/textView'
import { ManualClock } from '../../support/manualClock'
import { sure } from './support'

/** Numbers that look random and are the same every time. */
function generator(seed: number): (below: number) => number {
  let state = seed
  return (below) => (state = (state * 48271) % 2147483647) % below
}

const documentParts = [
  'The quick fox', ' jumps', ' over', '.', ', and', '\n', '\n\n', '- ', '# ', '> ', ' ', '  ', '"', '(', ')', '**', '*', '`x`', '[text](http://a.b)', '$x$', '| a |', '```\n', '\r\n',
  '\\emph{', '}', '% ', '\\begin{quote}\n', '.. note::\n\n   ', '::\n\n', '== Title\n', '// ', '/* ', ' */', '日本語', 'naïve', '😀', '---\n', ' 12', "don't", '“', '”', '…',
]
const answerParts = [' ', 'word', ' the', ' fox', ' jumps', '.', ',', '"', ')', '(', '**', '`', '\n', '  ', '\ufffd', '日本', ' naïve', '😀', ' over', ' 7', '’s', ' “', '”', '<b>', '\u0007']

describe('whatever the document, the caret and the model', () => {
  it.each(['markdown', 'plaintext', 'latex', 'restructuredtext', 'asciidoc', 'git-commit', 'typescript'])('a suggestion in %s joins with what stands around it', async (languageId) => {
    const random = generator(languageId.length * 7919 + 1)
    const pick = (parts: readonly string[], most: number): string => Array.from({ length: 1 + random(most) }, () => parts[random(parts.length)]).join('')
    let shown = 0
    for (let round = 0; round < 400; round++) {
      const text = pick(documentParts, 14)
      const answers: readonly Continuation[] = [sure(pick(answerParts, 5)), sure(pick(answerParts, 5))]
      const completer = new Completer({ continue: () => Promise.resolve(answers) }, new ManualClock(), { lookAhead: false })
      const offset = random(text.length + 1)
      const document = { id: `${round}`, languageId, text: textOf(text), readOnly: false }
      const completion = await completer.complete({ document, offset, trigger: { kind: 'explicit' }, settings: { ...defaultSettings, inComments: true } }, new AbortController().signal)
      if (completion.kind === 'silent') continue
      for (const item of completion.items) {
        shown++
        const joint = JSON.stringify([text.slice(0, offset), item.text, text.slice(offset)])
        // eslint-disable-next-line no-control-regex
        expect(item.text, joint).not.toMatch(/[\n\r\u0007\ufffd]|<b>/)
        expect(/\s$/.test(text.slice(0, offset)) && /^\s/.test(item.text), `doubled space: ${joint}`).toBe(false)
        expect(/\s$/.test(item.text) && /^\s/.test(text.slice(offset)), `doubled space: ${joint}`).toBe(false)
        expect(/[a-zï]$/.test(item.text) && /^[a-zï]/.test(text.slice(offset)), `joined words: ${joint}`).toBe(false)
        expect(/[\p{L}\p{N}]/u.test(item.text), joint).toBe(true)
      }
    }
    expect(shown).toBeGreaterThan(20)
  })
})
