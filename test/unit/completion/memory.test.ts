import { describe, expect, it } from 'vitest'
import { SuggestionMemory, typedSince } from '../../../src/completion/memory'
import { sure } from './support'

describe('typedSince', () => {
  const long = 'Some text that is repeated. '.repeat(20)
  it.each<[string, string, string | undefined]>([
    ['The qu', 'The quick', 'ick'],
    ['The qu', 'The qu', ''],
    ['The qu', 'The q', undefined],
    ['The qu', 'The re', undefined],
    ['The qu', 'A qu', undefined],
    ['', 'The', 'The'],
    [long, `${long}more`, 'more'],
    // The window moved on in between.
    [long, `${long.slice(100)}more`, 'more'],
    [long.slice(100), `${long}more`, 'more'],
    // Too little in common to say.
    [long, `${long.slice(-50)}more`, undefined],
    // Text before changed.
    [long, `${long.replace('text', 'TEXT')}more`, undefined],
  ])('from %j to %j: %j', (earlier, later, typed) => {
    expect(typedSince(earlier, later, 64)).toBe(typed)
  })
})

/** Questions with their answers, then where the caret is; what is recalled there. */
function recalled(entries: readonly (readonly [string, ...(readonly string[])])[], context: string, explicit = false): readonly string[] | undefined {
  const memory = new SuggestionMemory()
  for (const [at, ...texts] of entries) memory.remember({ context: at, candidates: texts.map(sure), explicit: texts.length > 1 })
  return memory.recall(context, explicit)?.candidates.map((candidate) => candidate.text)
}

describe('SuggestionMemory', () => {
  it('returns what is left of a suggestion that is typed through', () => {
    expect(recalled([['The ', 'quick fox.']], 'The qui')).toEqual(['ck fox.'])
  })

  it('has nothing for letters that no candidate begins with', () => {
    expect(recalled([['The ', 'quick fox.']], 'The re')).toBeUndefined()
  })

  it('has nothing when a suggestion was typed to its end', () => {
    expect(recalled([['The ', 'quick']], 'The quick')).toBeUndefined()
  })

  it('returns the earlier answer to whoever goes back', () => {
    expect(recalled([['The ', 'quick fox.'], ['The re', 'd fox.']], 'The ')).toEqual(['quick fox.'])
  })

  it('prefers the answer that was given nearest before the caret', () => {
    expect(recalled([['The ', 'quick fox.'], ['The qu', 'iet man.']], 'The qui')).toEqual(['et man.'])
  })

  it('remembers that the model was not sure', () => {
    expect(recalled([['The ']], 'The ')).toEqual([])
    expect(recalled([['The ']], 'The q')).toBeUndefined()
  })

  it('keeps of several candidates those that fit', () => {
    expect(recalled([['The ', 'quick fox.', 'quiet man.', 'red dog.']], 'The qui')).toEqual(['ck fox.', 'et man.'])
  })

  it('answers an explicit question only with what was asked explicitly, at the same place', () => {
    expect(recalled([['The ', 'quick fox.', 'red dog.']], 'The q', true)).toBeUndefined()
    expect(recalled([['The ', 'quick fox.']], 'The ', true)).toBeUndefined()
    expect(recalled([['The ', 'quick fox.', 'red dog.']], 'The ', true)).toEqual(['quick fox.', 'red dog.'])
  })

  it('promotes the candidate that is typed into, and keeps it first after going back', () => {
    const memory = new SuggestionMemory()
    memory.remember({ context: 'The ', candidates: ['quick fox.', 'red dog.'].map(sure), explicit: true })
    memory.recall('The r', false)
    expect(memory.recall('The ', false)?.candidates.map((candidate) => candidate.text)).toEqual(['red dog.', 'quick fox.'])
  })

  it('has nothing where text before the caret was changed', () => {
    expect(recalled([['She went to the ', 'house.']], 'He went to the ')).toBeUndefined()
  })

  it('forgets the oldest', () => {
    const memory = new SuggestionMemory()
    for (let index = 0; index < 100; index++) memory.remember({ context: `Text ${index} `, candidates: [sure('word')], explicit: false })
    expect(memory.recall('Text 0 ', false)).toBeUndefined()
    expect(memory.recall('Text 99 ', false)).toBeDefined()
  })
})
