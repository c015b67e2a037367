/** A token that is found in the text before anything else is cut, as Hugging Face's `AddedToken`. */
export interface AddedToken {
  readonly id: number
  readonly content: string
  /** Counts only where no word character touches it. */
  readonly singleWord: boolean
  /** Swallows the white space to its left. */
  readonly lstrip: boolean
  /** Swallows the white space to its right. */
  readonly rstrip: boolean
  /** Looked for after the text was normalized, not before. */
  readonly normalized: boolean
  readonly special: boolean
}

/** A stretch of text, or the token found in its place. */
export type TextOrToken = string | AddedToken

interface TrieNode {
  readonly children: Map<number, TrieNode>
  token?: AddedToken
}

/** Finds added tokens in text: the leftmost first, the longest of those. */
export class AddedTokenFinder {
  private readonly root: TrieNode = { children: new Map() }

  /** @param patterns each token with the text to look for, which is its content unless that is normalized */
  constructor(patterns: Iterable<readonly [string, AddedToken]>) {
    for (const [pattern, token] of patterns) if (pattern !== '') this.insert(pattern, token)
  }

  /** `text` cut at its added tokens, in order, without empty stretches. */
  split(text: string): TextOrToken[] {
    const parts: TextOrToken[] = []
    let textStart = 0
    for (let position = 0; position < text.length; ) {
      const match = this.longestAt(text, position)
      if (match === undefined) {
        position++
        continue
      }
      const { token, end } = match
      const start = position
      position = end
      if (token.singleWord && (endsInWord(text, start) || startsWord(text, end))) continue
      const from = token.lstrip ? Math.max(spaceStart(text, start), textStart) : start
      if (textStart < from) parts.push(text.slice(textStart, from))
      parts.push(token)
      textStart = token.rstrip ? spaceEnd(text, end) : end
    }
    if (textStart < text.length) parts.push(text.slice(textStart))
    return parts
  }

  private insert(pattern: string, token: AddedToken): void {
    let node = this.root
    for (let i = 0; i < pattern.length; i++) {
      const unit = pattern.charCodeAt(i)
      let child = node.children.get(unit)
      if (child === undefined) {
        child = { children: new Map() }
        node.children.set(unit, child)
      }
      node = child
    }
    node.token = token
  }

  private longestAt(text: string, start: number): { token: AddedToken; end: number } | undefined {
    let best: { token: AddedToken; end: number } | undefined
    let node = this.root.children.get(text.charCodeAt(start))
    for (let end = start + 1; node !== undefined; end++) {
      if (node.token !== undefined) best = { token: node.token, end }
      node = end < text.length ? node.children.get(text.charCodeAt(end)) : undefined
    }
    return best
  }
}

// Word characters as in Unicode Technical Standard 18, annex C.
const wordCharacter = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u
const whiteSpace = /\p{White_Space}/u

function endsInWord(text: string, end: number): boolean {
  // The last two units hold the last character whole; of two, only the last counts.
  const tail = [...text.slice(Math.max(0, end - 2), end)].at(-1)
  return tail !== undefined && wordCharacter.test(tail)
}

function startsWord(text: string, start: number): boolean {
  const code = text.codePointAt(start)
  return code !== undefined && wordCharacter.test(String.fromCodePoint(code))
}

function spaceStart(text: string, end: number): number {
  let start = end
  while (start > 0 && whiteSpace.test(text.charAt(start - 1))) start--
  return start
}

function spaceEnd(text: string, start: number): number {
  let end = start
  while (end < text.length && whiteSpace.test(text.charAt(end))) end++
  return end
}
