import { environments, headings, keyed, laterTextual, technical, textual, verbatim } from './latexNames'
import type { NotProse } from './place'

/** An open brace or bracket and what is in it. */
export interface Group {
  readonly close: '}' | ']'
  /** The argument of a command that nobody knows is prose as soon as there is a space in it. */
  readonly content: 'prose' | 'heading' | 'technical' | 'unknown'
  /** Of which command it is an argument, and how many came before. */
  readonly command: string | undefined
  readonly index: number
}

/** What is known of a LaTeX document at some point. */
export interface LatexState {
  /** A file without a class is a part of a document. */
  readonly part: 'fragment' | 'preamble' | 'body' | 'behind'
  readonly environments: readonly string[]
  readonly groups: readonly Group[]
  /** What ends the formula that is open. */
  readonly formula: '$' | '$$' | '\\)' | '\\]' | undefined
  /** Where the last group began, when it began on the line that was read last. */
  readonly groupFrom: number
  /** What the line that was read last ends in. */
  readonly ends: NotProse | undefined
}

export const latexStart: LatexState = { part: 'fragment', environments: [], groups: [], formula: undefined, groupFrom: -1, ends: undefined }

/** A command whose next brace or bracket is an argument. */
interface Pending {
  readonly command: string
  readonly index: number
}

/** Reads one line, or the part of one before a caret. */
export function scanLatex(before: LatexState, line: string): LatexState {
  return new Scanner(before, line).run()
}

/** The state after a whole line: a blank one ends formulas and technical arguments, as it does in TeX. */
export function nextLatex(before: LatexState, line: string): LatexState {
  if (line.trim() !== '') return { ...scanLatex(before, line), groupFrom: -1, ends: undefined }
  return { ...before, formula: undefined, groups: before.groups.filter((group) => group.content !== 'technical'), groupFrom: -1, ends: undefined }
}

class Scanner {
  private part: LatexState['part']
  private readonly environments: string[]
  private readonly groups: Group[]
  private formula: LatexState['formula']
  private groupFrom = -1
  private ends: NotProse | undefined
  private pending: Pending | undefined
  private at = 0

  constructor(before: LatexState, private readonly line: string) {
    this.part = before.part
    this.environments = [...before.environments]
    this.groups = [...before.groups]
    this.formula = before.formula
  }

  run(): LatexState {
    while (this.at < this.line.length && this.ends === undefined) this.step()
    return { part: this.part, environments: this.environments, groups: this.groups, formula: this.formula, groupFrom: this.groupFrom, ends: this.ends }
  }

  private step(): void {
    const environment = this.environments.at(-1)
    if (environment !== undefined && verbatim.has(environment)) return this.skipVerbatim(environment)
    const character = this.line[this.at]
    if (character === '\\') return this.command()
    if (character === '{' || character === '[') this.open(character)
    else {
      this.pending = undefined
      if (character === '%') this.ends = 'comment'
      else if (character === '$') this.dollar()
      else if (character === '}' || character === ']') this.close(character)
    }
    this.at++
  }

  private skipVerbatim(environment: string): void {
    const end = this.line.indexOf(`\\end{${environment}`, this.at)
    if (end < 0) this.at = this.line.length
    else {
      this.environments.pop()
      const brace = this.line.indexOf('}', end)
      this.at = brace < 0 ? this.line.length : brace + 1
    }
  }

  private command(): void {
    const match = /^\\([a-zA-Z@]+)\*?/.exec(this.line.slice(this.at))
    if (!match) return this.symbol()
    const name = match[1] ?? ''
    this.at += match[0].length
    this.pending = undefined
    if (name === 'verb' || name === 'lstinline') return this.verb()
    if (name === 'begin' || name === 'end') return this.environment(name)
    if (name === 'documentclass') this.part = 'preamble'
    // Its name may not be finished.
    if (this.at === this.line.length) this.ends = 'command'
    else this.pending = { command: name, index: 0 }
  }

  private symbol(): void {
    const two = this.line.slice(this.at, this.at + 2)
    if (two === '\\') this.ends = 'command'
    else if (two === '\\(' || two === '\\[') this.formula = two === '\\(' ? '\\)' : '\\]'
    else if (two === this.formula) this.formula = undefined
    this.at += 2
    this.pending = undefined
  }

  private verb(): void {
    const delimiter = this.line[this.at]
    // \lstinline may have options, or braces as delimiters.
    const close = delimiter === '{' ? '}' : delimiter
    const end = close === undefined ? -1 : this.line.indexOf(close, this.at + 1)
    if (end < 0) this.ends = 'code'
    else this.at = end + 1
  }

  private environment(which: 'begin' | 'end'): void {
    const match = /^\{([^}]*)\}/.exec(this.line.slice(this.at))
    if (!match) {
      this.ends = 'command'
      return
    }
    this.at += match[0].length
    const name = (match[1] ?? '').replace(/\*$/, '')
    if (name === 'document') this.part = which === 'begin' ? 'body' : 'behind'
    else if (which === 'begin') {
      this.environments.push(name)
      // What follows at once are the environment's own arguments.
      this.pending = { command: 'begin', index: 0 }
    } else {
      const open = this.environments.lastIndexOf(name)
      if (open >= 0) this.environments.length = open
    }
  }

  private dollar(): void {
    if (this.line[this.at + 1] === '$' && this.formula !== '$') {
      this.formula = this.formula === '$$' ? undefined : '$$'
      this.at++
    } else this.formula = this.formula === '$' ? undefined : '$'
  }

  private open(character: '{' | '['): void {
    const { pending } = this
    this.pending = undefined
    if (character === '[' && !pending) return
    const inherited = this.groups.at(-1)?.content ?? 'prose'
    const content = !pending ? inherited : character === '[' ? 'technical' : contentOf(pending)
    this.groups.push({ close: character === '{' ? '}' : ']', content, command: pending?.command, index: pending?.index ?? 0 })
    this.groupFrom = this.at + 1
  }

  private close(character: '}' | ']'): void {
    const group = this.groups.at(-1)
    if (group?.close !== character) return
    this.groups.pop()
    this.groupFrom = -1
    if (group.command !== undefined) this.pending = { command: group.command, index: group.index + (character === '}' ? 1 : 0) }
  }
}

function contentOf({ command, index }: Pending): Group['content'] {
  const later = laterTextual.get(command)
  if (later !== undefined) return index >= later ? 'prose' : 'technical'
  if (technical.has(command) || keyed.test(command)) return 'technical'
  if (headings.has(command)) return 'heading'
  return textual.has(command) ? 'prose' : 'unknown'
}

/** Why the point behind `line` in a state is no prose; the state was scanned with that line. */
export function latexReason(state: LatexState, line: string): NotProse | undefined {
  if (state.part === 'preamble') return 'preamble'
  if (state.part === 'behind') return 'comment'
  if (state.ends) return state.ends
  for (const name of state.environments) {
    if (verbatim.has(name)) return environments.get(name) ?? 'code'
    const why = environments.get(name)
    if (why) return why
  }
  if (state.formula) return 'math'
  const group = state.groups.at(-1)
  if (state.groups.some(({ content }) => content === 'technical')) return 'command'
  if (group?.content !== 'unknown') return undefined
  return state.groupFrom < 0 || /\s/.test(line.slice(state.groupFrom)) ? undefined : 'command'
}
