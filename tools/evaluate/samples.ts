import { readFileSync } from 'node:fs'
import path from 'node:path'
import { root } from '../lib/project.mjs'

/** What a writer writes: [from, to) of a document of which everything before `from` stands already. */
export interface Sample {
  readonly name: string
  readonly kind: 'prose' | 'documentation'
  readonly languageId: 'markdown' | 'plaintext'
  /** The whole document. */
  readonly text: string
  readonly from: number
  readonly to: number
}

/** Where in its document a stretch begins: one writer has just begun, another is well under way. */
interface Stretch {
  readonly file: string
  readonly kind: Sample['kind']
  readonly at: number
}

const stretches: readonly Stretch[] = [
  { file: 'alice.txt', kind: 'prose', at: 1_500 },
  { file: 'alice.txt', kind: 'prose', at: 60_000 },
  { file: 'tom-sawyer.txt', kind: 'prose', at: 40_000 },
  { file: 'sqlite-whentouse.md', kind: 'documentation', at: 1_500 },
  { file: 'sqlite-wal.md', kind: 'documentation', at: 12_000 },
  { file: 'sqlite-howtocorrupt.md', kind: 'documentation', at: 20_000 },
]

const textsFolder = path.join(root, 'tools/evaluate/texts')

/** The stretches of the texts beside this file, `length` characters of each. */
export function committedSamples(length: number): readonly Sample[] {
  return stretches.map(({ file, kind, at }) => sampleOf(path.join(textsFolder, file), kind, at, length))
}

/** A file of the user's own: `length` characters from the middle of it. */
export function sampleOfFile(file: string, length: number): Sample {
  const kind = /\.(md|markdown|rst|adoc)$/i.test(file) ? 'documentation' : 'prose'
  const size = readFileSync(file, 'utf8').length
  return sampleOf(file, kind, Math.max(0, Math.floor((size - length) / 2)), length)
}

/**
 * The sources that `tools/pretrain/prepare.py` holds out whole: of each the texts joined to one document, `length`
 * characters from its middle.
 * @param file its `test.jsonl`
 */
export function heldOutSamples(file: string, length: number): readonly Sample[] {
  const documents = new Map<string, { kind: Sample['kind']; texts: string[] }>()
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '') continue
    const { source, group, text } = JSON.parse(line) as { source: string; group: string; text: string }
    const document = documents.get(source) ?? { kind: group === 'books' ? 'prose' : 'documentation', texts: [] }
    document.texts.push(text)
    documents.set(source, document)
  }
  return [...documents].map(([name, { kind, texts }]) => {
    const text = texts.join('\n\n')
    const from = wordStart(text, Math.floor(text.length / 2))
    return { name, kind, languageId: kind === 'prose' ? 'plaintext' : 'markdown', text, from, to: Math.min(text.length, from + length) }
  })
}

function sampleOf(file: string, kind: Sample['kind'], at: number, length: number): Sample {
  const text = readFileSync(file, 'utf8').replaceAll('\r\n', '\n').trimEnd()
  const from = wordStart(text, at)
  const name = `${path.basename(file)}:${from}`
  return { name, kind, languageId: /\.(md|markdown)$/i.test(file) ? 'markdown' : 'plaintext', text, from, to: Math.min(text.length, from + length) }
}

/** The first word that begins at `at` or behind it. */
function wordStart(text: string, at: number): number {
  const space = at === 0 ? 0 : text.slice(at - 1).search(/\s\S/)
  return space <= 0 ? at : at + space
}
