import { CharacterClass, characterClass } from './characterClass'

/** One step that cuts pieces of text into smaller ones; merges never reach over a cut. */
export type PreTokenizer = (pieces: readonly string[]) => readonly string[]

/** Bytes in place of characters, cut by GPT-2's rule if `useRegex`; Hugging Face's pre-tokenizer `ByteLevel`. */
export function byteLevel(options: { readonly addPrefixSpace: boolean; readonly useRegex: boolean }): PreTokenizer {
  return (pieces) => {
    const prefixed = options.addPrefixSpace ? pieces.map((piece) => (piece.startsWith(' ') ? piece : ` ${piece}`)) : pieces
    return options.useRegex ? prefixed.flatMap(splitWords) : prefixed
  }
}

/** Numbers apart from everything else, each digit by itself if `individual`; Hugging Face's `Digits`. */
export function digits(individual: boolean): PreTokenizer {
  return (pieces) => pieces.flatMap((piece) => splitDigits(piece, individual))
}

export function sequence(steps: readonly PreTokenizer[]): PreTokenizer {
  return (pieces) => steps.reduce((current, step) => step(current), pieces)
}

/**
 * Cuts as GPT-2's regular expression does:
 * `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
 * By hand, because a regular expression keeps a state for every character of a run and a megabyte without a space
 * would fill its stack.
 */
export function splitWords(text: string): string[] {
  const words: string[] = []
  for (let start = 0; start < text.length; ) {
    const end = wordEnd(text, start)
    words.push(text.slice(start, end))
    start = end
  }
  return words
}

const apostrophe = 0x27
const space = 0x20

function wordEnd(text: string, start: number): number {
  const first = text.charCodeAt(start)
  if (first === apostrophe) {
    const length = contractionLength(text, start)
    if (length > 0) return start + length
  }
  // One space goes with the word behind it.
  if (first === space && start + 1 < text.length) {
    const kind = classAt(text, start + 1)
    if (kind !== CharacterClass.Space) return runEnd(text, start + 1, kind)
  }
  const kind = classAt(text, start)
  const end = runEnd(text, start, kind)
  if (kind !== CharacterClass.Space || end === text.length) return end
  // The last space of several is left for the word that follows; all spaces are of one UTF-16 unit.
  return Math.max(end - 1, start + 1)
}

function contractionLength(text: string, start: number): number {
  switch (text.charAt(start + 1)) {
    case 's':
    case 't':
    case 'm':
    case 'd':
      return 2
    case 'r':
    case 'v':
      return text.charAt(start + 2) === 'e' ? 3 : 0
    case 'l':
      return text.charAt(start + 2) === 'l' ? 3 : 0
    default:
      return 0
  }
}

/** End of the characters of class `kind` that begin at `start`. */
function runEnd(text: string, start: number, kind: CharacterClass): number {
  let position = start
  while (position < text.length) {
    const code = text.codePointAt(position) ?? 0
    if (characterClass(code) !== kind) break
    position += code > 0xffff ? 2 : 1
  }
  return position
}

function splitDigits(text: string, individual: boolean): string[] {
  const pieces: string[] = []
  let pieceStart = 0
  let inNumber = false
  for (let position = 0; position < text.length; ) {
    const code = text.codePointAt(position) ?? 0
    const isNumber = characterClass(code) === CharacterClass.Number
    const cut = isNumber !== inNumber || (isNumber && individual)
    if (cut && position > pieceStart) {
      pieces.push(text.slice(pieceStart, position))
      pieceStart = position
    }
    inNumber = isNumber
    position += code > 0xffff ? 2 : 1
  }
  if (pieceStart < text.length) pieces.push(text.slice(pieceStart))
  return pieces
}

function classAt(text: string, position: number): CharacterClass {
  return characterClass(text.codePointAt(position) ?? 0)
}
