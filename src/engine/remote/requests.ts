import type { GenerationRequest } from '../../language/generate'
import type { CompletionBody } from './client'

/**
 * What a request may ask for beyond the oldest form of the protocol. Servers refuse what they do not know or grant, each
 * something else, so the wishes are tried from the fullest to the barest, and what a server took is remembered.
 */
export interface Wishes {
  /** Likeliest tokens to list for each place; 0 for no log-probabilities. */
  readonly listed: number
  /** Options of sampling that are not in OpenAI's protocol. */
  readonly extras: boolean
  /** Several texts in one answer. */
  readonly several: boolean
}

/** vLLM lists 20 at most unless it is told otherwise, OpenAI 5. */
export const completionWishes: readonly Wishes[] = [
  { listed: 20, extras: false, several: false },
  { listed: 5, extras: false, several: false },
  // Only to know what is missing.
  { listed: 0, extras: false, several: false },
]

export const generationWishes: readonly Wishes[] = [
  { listed: 1, extras: true, several: true },
  { listed: 1, extras: true, several: false },
  { listed: 0, extras: true, several: false },
  { listed: 0, extras: false, several: false },
]

/** The likeliest text behind a prompt, with what else might have stood at each place. */
export function greedyBody(prompt: string, maxTokens: number, { listed }: Wishes): CompletionBody {
  return { prompt, max_tokens: maxTokens, temperature: 0, ...(listed > 0 ? { logprobs: listed } : {}) }
}

/** @param first number of the first text; each draws with a seed of its own @param maxTokens what there is room for */
export function generationBody({ prompt, sampling, stop }: GenerationRequest, maxTokens: number, first: number, count: number, wishes: Wishes): CompletionBody {
  const drawn = sampling.kind === 'sample'
    ? { temperature: sampling.temperature, top_p: sampling.topP, seed: (sampling.seed + first) % 2 ** 32 }
    : { temperature: 0 }
  return {
    prompt,
    max_tokens: maxTokens,
    ...drawn,
    ...(stop.length > 0 ? { stop: stop.slice(0, mostStops) } : {}),
    ...(wishes.listed > 0 ? { logprobs: wishes.listed } : {}),
    ...(wishes.several && count > 1 ? { n: count } : {}),
    ...(wishes.extras ? extras(sampling) : {}),
  }
}

/** OpenAI's protocol takes no more. What a server does not stop at, the reader of its answer does. */
const mostStops = 4

/** The same wishes under the names of llama.cpp and of vLLM and TGI; what would change nothing is named where the server's default is another. */
function extras(sampling: GenerationRequest['sampling']): Readonly<Record<string, unknown>> {
  const penalty = sampling.repetitionPenalty
  return {
    stream_options: { include_usage: true },
    ...(penalty === 1 ? {} : { repetition_penalty: penalty, repeat_penalty: penalty }),
    ...(sampling.kind === 'sample' ? { top_k: sampling.topK, min_p: 0 } : {}),
  }
}

/** A prompt to be repeated. One token must be written at least: to some servers none means as many as there is room for. */
export function echoBody(prompt: string, listed: number): CompletionBody {
  return { prompt, max_tokens: 1, temperature: 0, echo: true, logprobs: listed }
}
