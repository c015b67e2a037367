import { describe, expect, it } from 'vitest'
import { commitBox, commitMessage } from '../../../../src/completion/where/commit'
import { flowOf, paragraphRest, placeOf } from './support'

const message = commitMessage()
const box = commitBox()

describe('a caret in a commit message', () => {
  it.each<[string, string]>([
    ['Fix the [caret]', 'heading'],
    ['feat(parser): fix the [caret]', 'heading'],
    ['[caret]', 'heading'],
    ['Fix it\n\nThe parser [caret]', 'prose'],
    ['# comment\nFix the [caret]', 'heading'],
    ['Fix\n\n# Please enter [caret]', 'comment'],
    ['Fix\n# ------------------------ >8 ------------------------\ndiff --git [caret]', 'diff'],
    ['Fix\n\nSigned-off-by: Ja[caret]', 'trailer'],
    ['Fix\n\nFixes: #1[caret]', 'trailer'],
  ])('%j is in %s', (marked, expected) => {
    expect(placeOf(message, marked)).toBe(expected)
  })

  it('in the box of an editor may begin with a number sign', () => {
    expect(placeOf(box, 'Fix\n\n#1 is done by [caret]')).toBe('prose')
  })

  it('has nothing of git\'s own text behind it', () => {
    expect(paragraphRest(message, 'Fix [caret]it\n# Please enter')).toBe('it')
    expect(paragraphRest(message, 'Fix\n\nThe [caret]body\n# Please enter')).toBe('body')
  })

  it('flows without comments, and with its wrapped lines joined', () => {
    const wrapped = 'The body of a message is wrapped by hand at about seventy-two signs,'
    expect(flowOf(message, `Fix it\n\n# comment\n${wrapped}\nand goes on.\n`)).toBe(`Fix it\n\n${wrapped} and goes on.\n`)
    expect(flowOf(message, 'Fix it\nnow')).toBe('Fix it\nnow')
  })
})
