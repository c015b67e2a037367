import type { Continuation, ContinuationRequest } from '../../../src/language/continuation'
import { CancelledError } from '../../../src/base/cancellation'
import type { Continuer } from '../../../src/completion/question'

/** A document written with `[caret]` where the caret stands. */
export function withCaret(marked: string): { readonly text: string; readonly offset: number } {
  const offset = marked.indexOf('[caret]')
  if (offset < 0) throw new Error(`No caret in ${JSON.stringify(marked)}`)
  return { text: marked.slice(0, offset) + marked.slice(offset + '[caret]'.length), offset }
}

/** A continuation whose words are all sure. */
export function sure(text: string): Continuation {
  return { text, pieces: [{ text, logprob: -0.1 }], firstWord: 0.9, joint: 0.8, finish: 'boundary' }
}

/** A question that reached the model and waits until the test answers it. */
export interface PendingQuestion {
  readonly request: ContinuationRequest
  readonly signal: AbortSignal
  readonly partial: (text: string) => void
  answer(...texts: readonly string[]): void
  fail(error: Error): void
}

/** A model that answers when the test says so. */
export class ScriptedContinuer implements Continuer {
  readonly questions: PendingQuestion[] = []

  continue(request: ContinuationRequest, _session: string, signal: AbortSignal, onPartial: (text: string) => void): Promise<readonly Continuation[]> {
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new CancelledError()))
      this.questions.push({ request, signal, partial: onPartial, answer: (...texts) => resolve(texts.map(sure)), fail: reject })
    })
  }

  /** The question that was asked last. */
  get last(): PendingQuestion {
    const last = this.questions.at(-1)
    if (!last) throw new Error('Nothing was asked')
    return last
  }
}
