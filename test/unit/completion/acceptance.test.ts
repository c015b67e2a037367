import { describe, expect, it } from 'vitest'
import { portionOf, type Portion } from '../../../src/completion/acceptance'

describe('the part of a suggestion that is taken', () => {
  it.each<[Portion, string, string]>([
    ['all', ' the river, and', ' the river, and'],
    ['word', ' the river, and', ' the'],
    ['word', ' river, and', ' river,'],
    ['word', 'ver', 'ver'],
    ['word', ' well-known', ' well-known'],
    ['line', ' the river, and', ' the river, and'],
    ['line', ' the river\nand then', ' the river\n'],
    ['line', '', ''],
  ])('%s of %j is %j', (portion, suggestion, taken) => {
    expect(portionOf(suggestion, portion)).toBe(taken)
  })
})
