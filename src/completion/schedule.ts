/** What was measured of the writer and of the engine; a value that the functions below replace. */
export interface Rhythm {
  readonly lastKeyAt: number | undefined
  /** Moving average of the time between two keystrokes of one burst. */
  readonly keyIntervalMs: number
  /** Moving average of the time from a question to its answer. */
  readonly answerMs: number
}

/** A fast typist and a small model, until something was measured. */
export const initialRhythm: Rhythm = { lastKeyAt: undefined, keyIntervalMs: 180, answerMs: 60 }

/** How much the newest measurement counts. */
const weight = 0.25

/** A longer break is a pause, not a rhythm. */
const longestInterval = 700

export function afterKey(rhythm: Rhythm, now: number): Rhythm {
  const interval = rhythm.lastKeyAt === undefined ? undefined : now - rhythm.lastKeyAt
  const counts = interval !== undefined && interval > 0 && interval <= longestInterval
  return { ...rhythm, lastKeyAt: now, keyIntervalMs: counts ? mix(rhythm.keyIntervalMs, interval) : rhythm.keyIntervalMs }
}

export function afterAnswer(rhythm: Rhythm, tookMs: number): Rhythm {
  return { ...rhythm, answerMs: mix(rhythm.answerMs, tookMs) }
}

function mix(average: number, value: number): number {
  return average + weight * (value - average)
}

/** What the editor adds behind an answer before ghost text is on the screen. */
const editorMs = 50

const longestDelayMs = 300

/**
 * How long to wait before asking. An answer that comes before the next key is worth asking for at once. One that would
 * come later is drawn only when the writer pauses: wait for as long as the answer is too late, but not much longer than
 * the pause between two keys, after which a pause is certain.
 */
export function delayBeforeAsking(rhythm: Rhythm, minDelayMs: number): number {
  const late = rhythm.answerMs + editorMs - rhythm.keyIntervalMs
  const delay = Math.min(Math.max(0, late), 1.2 * rhythm.keyIntervalMs, longestDelayMs)
  return Math.max(minDelayMs, Math.round(delay))
}

/**
 * For how long a suggestion may grow that nobody has asked for. Two thirds of it pass while the editor waits out its debounce;
 * later words than these would come when the writer has gone on. What follows is asked for while this much is shown.
 */
export const growingMs = 75
