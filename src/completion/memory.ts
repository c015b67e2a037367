import type { Continuation } from '../language/continuation'

/** An answer of the model and the text before the caret for which it was given. */
export interface Remembered {
  readonly context: string
  /** Best first; empty when the model was not sure of anything. */
  readonly candidates: readonly Continuation[]
  /** Asked for by the writer: lower thresholds, several candidates. */
  readonly explicit: boolean
}

/** What still fits of a remembered answer. */
export interface Recalled {
  readonly candidates: readonly Continuation[]
  readonly explicit: boolean
  /** What was typed since; '' when the caret is where the question was. */
  readonly typed: string
}

/** This many answers are kept of one document. */
const capacity = 64

/** This much of the text before a caret must be the same when the two context windows begin at different places. */
const enoughAlike = 200

/**
 * What was typed between two states of the text before the caret, at most `limit` characters; undefined when the later
 * does not go on from the earlier. The two may begin at different places: windows move.
 */
export function typedSince(earlier: string, later: string, limit: number): string | undefined {
  for (let length = 0; length <= Math.min(limit, later.length); length++) {
    const before = later.length - length
    const common = Math.min(before, earlier.length)
    if (common < Math.min(enoughAlike, Math.max(before, earlier.length))) continue
    // The last characters differ nearly always, so that the long comparison is rare.
    if (common > 0 && later.charCodeAt(before - 1) !== earlier.charCodeAt(earlier.length - 1)) continue
    if (later.slice(before - common, before) === earlier.slice(earlier.length - common)) return later.slice(before)
  }
  return undefined
}

/**
 * The answers of one document, latest first. They are found by the text before the caret and not by position, so that an
 * edit elsewhere in that text makes them unfit by itself and going back finds the earlier ones.
 */
export class SuggestionMemory {
  private entries: readonly Remembered[] = []

  remember(entry: Remembered): void {
    const others = this.entries.filter((other) => other.context !== entry.context || (other.explicit && !entry.explicit))
    this.entries = [entry, ...others].slice(0, capacity)
  }

  /**
   * The answer that was given nearest before `context` and of which something is left; who asks explicitly wants several
   * candidates for the very place. Candidates that what was typed
   * has refuted are gone; one that it confirmed against the first becomes the first, and stays it after going back.
   */
  recall(context: string, explicit: boolean): Recalled | undefined {
    let best: { readonly entry: Remembered; readonly recalled: Recalled } | undefined
    for (const entry of this.entries) {
      if (explicit && !(entry.explicit && entry.context === context)) continue
      const recalled = continueThrough(entry, context)
      if (recalled && (!best || recalled.typed.length < best.recalled.typed.length)) best = { entry, recalled }
    }
    if (best) this.promote(best.entry, best.recalled.typed)
    return best?.recalled
  }

  forget(): void {
    this.entries = []
  }

  private promote(entry: Remembered, typed: string): void {
    const first = entry.candidates[0]
    if (!first || first.text.startsWith(typed)) return
    const fits = (candidate: Continuation): boolean => candidate.text.startsWith(typed)
    const candidates = [...entry.candidates.filter(fits), ...entry.candidates.filter((candidate) => !fits(candidate))]
    this.entries = this.entries.map((other) => (other === entry ? { ...entry, candidates } : other))
  }
}

function continueThrough(entry: Remembered, context: string): Recalled | undefined {
  const longest = Math.max(0, ...entry.candidates.map((candidate) => candidate.text.length))
  const typed = typedSince(entry.context, context, longest)
  if (typed === undefined) return undefined
  if (typed === '') return { candidates: entry.candidates, explicit: entry.explicit, typed }
  const candidates = entry.candidates.flatMap((candidate) => remainder(candidate, typed))
  return candidates.length === 0 ? undefined : { candidates, explicit: entry.explicit, typed }
}

/** What of `candidate` is left when its first characters were typed; nothing when others were, or all of them. */
function remainder(candidate: Continuation, typed: string): readonly Continuation[] {
  if (!candidate.text.startsWith(typed) || candidate.text.length === typed.length) return []
  return [{ ...candidate, text: candidate.text.slice(typed.length) }]
}
