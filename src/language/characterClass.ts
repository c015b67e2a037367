import { letterRanges, numberRanges, spaceRanges } from './codePointClasses'

/** What GPT-2's pre-tokenizer tells apart. */
export const enum CharacterClass {
  Other,
  Letter,
  Number,
  Space,
}

/** Class of every code point: [0x110000], one byte each. */
let classes: Uint8Array | undefined

/** @param code a code point; a lone surrogate is `Other`, as is U+FFFD which it becomes */
export function characterClass(code: number): CharacterClass {
  classes ??= readClasses()
  return classes[code] ?? CharacterClass.Other
}

function readClasses(): Uint8Array {
  const table = new Uint8Array(0x110000)
  fill(table, letterRanges, CharacterClass.Letter)
  fill(table, numberRanges, CharacterClass.Number)
  fill(table, spaceRanges, CharacterClass.Space)
  return table
}

function fill(table: Uint8Array, ranges: string, value: CharacterClass): void {
  const numbers = ranges.split(' ').map((word) => Number.parseInt(word, 36))
  let end = 0
  for (let i = 0; i + 1 < numbers.length; i += 2) {
    const start = end + (numbers[i] ?? 0)
    end = start + (numbers[i + 1] ?? 0)
    table.fill(value, start, end)
  }
}
