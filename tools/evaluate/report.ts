import { best, savedShare, wrongShare, type Point } from './sweep'
import type { Sample } from './samples'
import type { Session } from './typist'

/** Everything that one evaluation found. */
export interface Result {
  readonly model: string
  /** Characters written at each threshold. */
  readonly characters: number
  readonly texts: readonly { readonly name: string; readonly kind: Sample['kind']; readonly bits: number; readonly bytes: number }[]
  readonly atSettings: Readonly<Record<'quiet' | 'balanced' | 'eager', Point>>
  readonly points: readonly Point[]
}

/** As Markdown tables. */
export function reportOf({ model, characters, texts, atSettings, points }: Result): string {
  const lines = [`# ${model}`, '', `${characters} characters written.`, '']
  if (texts.length > 0) {
    lines.push('| text | bits per byte |', '|---|---|')
    for (const { name, bits, bytes } of texts) lines.push(`| ${name} | ${(bits / bytes).toFixed(3)} |`)
    for (const kind of ['prose', 'documentation'] as const) {
      const of = texts.filter((text) => text.kind === kind)
      if (of.length > 0) lines.push(`| **${kind}** | **${(sum(of.map(({ bits }) => bits)) / sum(of.map(({ bytes }) => bytes))).toFixed(3)}** |`)
    }
    lines.push('')
  }
  lines.push(header('setting'), divider)
  for (const [name, point] of Object.entries(atSettings)) lines.push(row(name, point))
  lines.push('', header('threshold'), divider)
  for (const point of [...points].sort((a, b) => a.minFirstWord - b.minFirstWord || a.minJoint - b.minJoint)) lines.push(row('', point))
  lines.push('')
  for (const [name, mostWrong] of [['quiet', 0.1], ['balanced', 0.2], ['eager', 0.35]] as const) {
    const point = best(points, mostWrong)
    if (point) lines.push(`Wrong at most ${mostWrong * 100} % (${name}): first word ${point.minFirstWord}, joint ${point.minJoint} saves ${percent(savedShare(point))}.`)
  }
  return lines.join('\n') + '\n'
}

const columns = ['first word', 'joint', 'saved', 'wrong', 'saved, prose', 'wrong', 'shown per 1,000 characters', 'saved, documentation', 'wrong', 'shown per 1,000']

function header(first: string): string {
  return `| ${first} | ${columns.join(' | ')} |`
}

const divider = `|---|${columns.map(() => '---|').join('')}`

function row(name: string, point: Point): string {
  const cells = [point.minFirstWord, point.minJoint, percent(savedShare(point)), percent(wrongShare(point)), ...sessionCells(point.prose), ...sessionCells(point.documentation)]
  return `| ${name} | ${cells.join(' | ')} |`
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
