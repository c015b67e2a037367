import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import type { Continuer } from '../../src/completion/question'
import type { Continuation, ContinuationLimits, ContinuationRequest } from '../../src/language/continuation'

/** What a model says at one caret, down to the lowest thresholds: the likeliest words and how sure each still is. */
export interface Answer {
  readonly text: string
  readonly firstWord: number
  /** Behind each word: where it ends in `text`, and the joint probability of all words up to there. */
  readonly words: readonly (readonly [end: number, joint: number])[]
  readonly finish: Continuation['finish']
}

/** Below these nothing is recorded; no setting is as eager. */
export const lowest = { minFirstWord: 0.2, minJoint: 0.01 }

/** @returns undefined when not even the lowest threshold is reached */
export type Ask = (request: ContinuationRequest) => Promise<Answer | undefined>

/**
 * The answers to everything that was ever asked in a sample. Thresholds cut an answer and change nothing else in it, so one
 * recording serves all of them. Each answer is written to the file at once: a run that was cut goes on where it was.
 */
export class Recording {
  private readonly answers = new Map<string, Answer | null>()

  constructor(
    private readonly ask: Ask,
    private readonly file: string,
  ) {
    if (!existsSync(file)) return
    // The last line may have been cut.
    for (const line of readFileSync(file, 'utf8').split('\n').slice(0, -1)) {
      const [key, answer] = JSON.parse(line) as [string, Answer | null]
      this.answers.set(key, answer)
    }
  }

  async at(request: ContinuationRequest): Promise<Answer | undefined> {
    // Two carets of one sample differ in what stands directly before them.
    const key = (request.prompt + request.healing).slice(-200) + `|${request.prompt.length}`
    const known = this.answers.get(key)
    if (known !== undefined) return known ?? undefined
    const answer = await this.ask({ ...request, candidates: 1, limits: { ...request.limits, ...lowest } })
    this.answers.set(key, answer ?? null)
    appendFileSync(this.file, JSON.stringify([key, answer ?? null]) + '\n')
    return answer
  }
}

export type Thresholds = Pick<ContinuationLimits, 'minFirstWord' | 'minJoint'>

/** The recorded model as the completer knows it, with other thresholds than those of the settings if some are given. */
export function replay(recording: Recording, thresholds?: Thresholds): Continuer {
  return {
    async continue(request) {
      const answer = await recording.at(request)
      return answer === undefined ? [] : cut(answer, thresholds ?? request.limits)
    },
  }
}

/** What the model would have answered under `thresholds`. */
export function cut({ text, firstWord, words, finish }: Answer, { minFirstWord, minJoint }: Thresholds): readonly Continuation[] {
  if (firstWord < minFirstWord) return []
  const tooFar = words.findIndex(([, joint], index) => index > 0 && joint < minJoint)
  const last = words[tooFar < 0 ? words.length - 1 : tooFar - 1]
  if (last === undefined) return []
  const [end, joint] = last
  const kept = text.slice(0, end)
  return [{ text: kept, pieces: [{ text: kept, logprob: Math.log(joint) }], firstWord, joint, finish: tooFar < 0 ? finish : 'unsure' }]
}
