import { describe, expect, it } from 'vitest'
import { modelName, withLanguage } from '../../../src/host/library/modelName'

const byLanguage = { latex: ' a/b ', markdown: 'embedded', plaintext: '' }

describe('the model for a language', () => {
  it.each([
    ['latex', 'a/b'], ['markdown', ''], ['plaintext', 'c/d'], ['python', 'c/d'], [undefined, 'c/d'], ['constructor', 'c/d'], ['__proto__', 'c/d'],
  ])('%s is %j', (languageId, expected) => {
    expect(modelName({ byDefault: 'c/d', byLanguage }, languageId)).toBe(expected)
  })

  it.each<[string, string, string | undefined, Record<string, string>]>([
    ['is set', 'python', 'e/f', { latex: 'x', python: 'e/f' }],
    ['is changed', 'latex', 'e/f', { latex: 'e/f' }],
    ['is the embedded one', 'latex', '', { latex: 'embedded' }],
    ['goes back to the default', 'latex', undefined, {}],
  ])('%s', (_, languageId, name, expected) => {
    expect(withLanguage({ latex: 'x' }, languageId, name)).toEqual(expected)
  })
})
