import { best, savedShare, wrongShare, type Point } from './sweep'
import type { Sample } from './samples'
import type { Session } from './typist'

/** Everything that was found about one contender. */
export interface Result {
  readonly name: string
  /** Characters written at each threshold. */
  readonly characters: number
  readonly texts: readonly { readonly name: string; readonly kind: Sample['kind']; readonly bits: number; readonly bytes: number }[]
  readonly atSettings: Readonly<Record<'quiet' | 'balanced' | 'eager', Point>>
  readonly points: readonly Point[]
}

/** How many of the suggestions shown may be wrong at their first word at each setting; the sample must leave little doubt of it. */
export const mostWrong = { quiet: 0.1, balanced: 0.2, eager: 1 / 3 } as const

/** As Markdown tables. */
export function reportOf(results: readonly Result[]): string {
  return results.flatMap(({ name, characters, texts, atSettings, points }) => [
    `# ${name}`,
    `${characters} characters written.`,
    texts.length > 0 ? table(['text', 'bits per byte'], bitsRows(texts)) : '',
    table(['setting', ...columns], Object.entries(atSettings).map(([setting, point]) => [setting, ...cells(point)])),
    table(['most wrong', ...columns], Object.entries(mostWrong).map(([setting, most]) => [`${percent(most)} (${setting})`, ...bestCells(points, most)])),
    table(columns, [...points].sort((a, b) => a.minFirstWord - b.minFirstWord || a.minJoint - b.minJoint).map(cells)),
  ]).filter((block) => block !== '').join('\n\n') + '\n'
}

function bitsRows(texts: Result['texts']): readonly (readonly string[])[] {
  const rows = texts.map(({ name, bits, bytes }) => [name, (bits / bytes).toFixed(3)])
  const kinds = (['prose', 'documentation'] as const).flatMap((kind) => {
    const of = texts.filter((text) => text.kind === kind)
    return of.length === 0 ? [] : [[`**${kind}**`, `**${(sum(of.map(({ bits }) => bits)) / sum(of.map(({ bytes }) => bytes))).toFixed(3)}**`]]
  })
  return [...rows, ...kinds]
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

function bestCells(points: readonly Point[], most: number): readonly string[] {
  const point = best(points, most)
  return point ? cells(point) : columns.map(() => '–')
}

const columns = ['first word', 'joint', 'saved', 'wrong', 'prose: saved', 'wrong', 'shown per 1,000 characters', 'documentation: saved', 'wrong', 'shown per 1,000 characters']

function cells(point: Point): readonly string[] {
  return [String(point.minFirstWord), String(point.minJoint), percent(savedShare(point)), percent(wrongShare(point)), ...sessionCells(point.prose), ...sessionCells(point.documentation)]
}

function sessionCells({ characters, keys, shown, wrong }: Session): readonly string[] {
  if (characters === 0) return ['–', '–', '–']
  return [percent(1 - keys / characters), shown === 0 ? '–' : percent(wrong / shown), ((shown / characters) * 1000).toFixed(1)]
}

function percent(value: number): string {
  return `${(value * 100).toFixed(1)} %`
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
