import { describe, expect, it } from 'vitest'
import { modeIn } from '../../../src/completion/mode'
import { defaultSettings, type CompletionSettings } from '../../../src/completion/settings'

describe('suggestions in a language', () => {
  it.each<[string, Partial<CompletionSettings>, 'on' | 'manual' | 'off']>([
    ['markdown', {}, 'on'],
    ['mdx', {}, 'on'],
    ['markdown', { automatic: false }, 'manual'],
    ['markdown', { enabled: false }, 'off'],
    ['markdown', { languages: { markdown: false } }, 'off'],
    ['typescript', {}, 'off'],
    ['typescript', { inComments: true }, 'on'],
    ['typescript', { inComments: true, languages: { typescript: false } }, 'off'],
    ['typescript', { languages: { typescript: true } }, 'on'],
    ['cobol', { inComments: true, languages: { cobol: true } }, 'off'],
    ['__proto__', { inComments: true }, 'off'],
    ['constructor', {}, 'off'],
  ])('of %s, with %j: %s', (languageId, changed, mode) => {
    expect(modeIn(languageId, { ...defaultSettings, ...changed })).toBe(mode)
  })
})
