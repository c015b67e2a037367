/** Marks that come in pairs: what opens, by what closes it. */
const closers: ReadonlyMap<string, string> = new Map([['(', ')'], ['[', ']'], ['{', '}'], ['“', '”'], ['«', '»'], ['„', '“']])
const closing: ReadonlySet<string> = new Set([')', ']', '}', '”', '»'])
/** Marks that open and close alike. */
const symmetric: ReadonlySet<string> = new Set(['"', '*', '**', '***', '_', '__', '`', '``', '~~'])

interface Mark {
  readonly text: string
  readonly at: number
  readonly previous: string
  readonly next: string
}

function* marksOf(text: string): Generator<Mark> {
  for (const match of text.matchAll(/\*+|_+|`+|~~|["()[\]{}“”«»„]/g)) {
    yield { text: match[0], at: match.index, previous: text[match.index - 1] ?? '', next: text[match.index + match[0].length] ?? '' }
  }
}

const letter = /[\p{L}\p{N}]/u

/** A mark that waits for what closes it; `at` is -1 when it stands before the suggestion. */
interface Opened {
  readonly text: string
  readonly at: number
}

/** A star between spaces is a bullet or a product, an underscore between letters a name, a quotation mark after a digit an inch. */
function isMark(mark: Mark, open: readonly Opened[]): boolean {
  const spaceBefore = mark.previous === '' || /\s/.test(mark.previous)
  const spaceAfter = /\s/.test(mark.next)
  if (mark.text.startsWith('*') && spaceBefore && spaceAfter) return false
  if (mark.text.startsWith('_') && letter.test(mark.previous) && letter.test(mark.next)) return false
  return !(mark.text === '"' && /\d/.test(mark.previous) && !open.some((opened) => opened.text === '"'))
}

/** What is open after `mark`, or undefined when it closes something that is not open. */
function afterMark(open: readonly Opened[], mark: Mark): readonly Opened[] | undefined {
  if (!isMark(mark, open)) return open
  const opener = open.findLastIndex((opened) => closers.get(opened.text) === mark.text)
  // What was opened inside and never closed is forgotten with what encloses it.
  if (opener >= 0) return open.slice(0, opener)
  if (symmetric.has(mark.text)) {
    const same = open.findLastIndex((opened) => opened.text === mark.text)
    return same < 0 ? [...open, mark] : open.slice(0, same)
  }
  if (closers.has(mark.text)) return [...open, mark]
  return closing.has(mark.text) ? undefined : open
}

function openedIn(paragraph: string): readonly Opened[] {
  let open: readonly Opened[] = []
  for (const mark of marksOf(paragraph)) open = afterMark(open, { ...mark, at: -1 }) ?? open
  return open.map(({ text }) => ({ text, at: -1 }))
}

/** What `paragraph` leaves open, outermost first. */
export function openMarks(paragraph: string): readonly string[] {
  return openedIn(paragraph).map((opened) => opened.text)
}

/**
 * Where `text`, standing behind `paragraph`, must end so that it opens nothing that it does not close and closes nothing
 * that is not open; its length when it is balanced.
 */
export function balancedEnd(paragraph: string, text: string): number {
  let open = openedIn(paragraph)
  const firstOwn = (): number | undefined => open.find((opened) => opened.at >= 0)?.at
  for (const mark of marksOf(text)) {
    // The paragraph's last character decides about a mark at the very beginning.
    const next = afterMark(open, mark.at === 0 ? { ...mark, previous: paragraph.at(-1) ?? '' } : mark)
    if (!next) return firstOwn() ?? mark.at
    // What was opened here and is enclosed by a pair that closes will never be closed.
    const enclosed = open.slice(next.length + 1).some((opened) => opened.at >= 0)
    if (enclosed) return firstOwn() ?? mark.at
    open = next
  }
  return firstOwn() ?? text.length
}
