import { Recent } from '../recent'
import { windowAround } from './documentWindow'
import type { ProseDocument } from './place'
import { commonPrefix } from './sameText'

/** What is known at the beginning of a line follows from what was known one line earlier, and from that line. */
export interface LineMachine<S> {
  readonly start: S
  /** The state at the beginning of the line after `line`. A state is never changed, but replaced. */
  next(state: S, line: string): S
}

interface Entry<S> {
  readonly from: number
  readonly text: string
  /** Where lines begin in `text`, and what is known there; as far as was needed. */
  readonly starts: number[]
  readonly states: S[]
}

/** So many documents are remembered. */
const capacity = 8

/** The state at the caret's line. A keystroke costs its own line: states of lines before it are kept. */
export class LineStates<S> {
  private readonly entries = new Recent<Entry<S>>(capacity)

  constructor(private readonly machine: LineMachine<S>) {}

  /** What is known at the beginning of the line that holds `offset`. */
  at({ id, text: view }: ProseDocument, offset: number): S {
    const known = this.entries.get(id)
    const { from, text } = windowAround(view, offset, known?.from)
    const unchanged = known?.from === from ? commonPrefix(known.text, text) : -1
    const kept = known?.starts.filter((start) => start <= unchanged).length ?? 0
    const entry = { from, text, starts: known?.starts.slice(0, kept) ?? [], states: known?.states.slice(0, kept) ?? [] }
    this.entries.set(id, entry)
    return this.read(entry, offset - from)
  }

  /** Goes on from what is known to the line that holds `at`. */
  private read({ text, starts, states }: Entry<S>, at: number): S {
    let start = starts.at(-1) ?? 0
    let state = states.at(-1) ?? this.machine.start
    if (starts.length === 0) {
      starts.push(0)
      states.push(state)
    }
    for (let end = text.indexOf('\n', start); end >= 0 && end < at; end = text.indexOf('\n', start)) {
      state = this.machine.next(state, text.slice(start, text[end - 1] === '\r' ? end - 1 : end))
      start = end + 1
      starts.push(start)
      states.push(state)
    }
    const line = starts.findLastIndex((begin) => begin <= at)
    return states[line] ?? state
  }
}
