import { InklingError } from '../base/errors'
import type { LanguageModel } from './languageModel'
import { logProbability } from './probabilities'
import { Sampler, type Sampling } from './sampling'
import { StopStrings } from './stopStrings'
import { TokenWindow } from './tokenWindow'
import { Utf8Stream } from './utf8'
import type { WarmContext } from './warmContext'

export interface GenerationRequest {
  readonly prompt: string
  readonly maxNewTokens: number
  /** How many texts to write for the one prompt. */
  readonly sequences: number
  readonly sampling: Sampling
  /** A text ends before the first of these. */
  readonly stop: readonly string[]
}

export interface Generation {
  /** Tokens of the whole prompt. */
  readonly promptTokens: number
  /** True when the prompt was longer than the context and only its end was read. */
  readonly promptCut: boolean
  readonly sequences: readonly GeneratedSequence[]
}

export interface GeneratedSequence {
  /** The continuation alone, without half a character at its end. */
  readonly text: string
  /** Ids of the continuation, the one that ended it included. */
  readonly tokens: readonly number[]
  /** Sum over `tokens`, natural logarithm, under the model's unmodified distribution. */
  readonly logprob: number
  readonly finish: 'length' | 'eos' | 'stop'
}

/** Told what happens while a generation runs. */
export interface GenerationListener {
  /** The prompt was read; from now on tokens are decoded. */
  prefilled?(): void
  /** `text` follows what sequence number `sequence` has so far: whole characters, and no part of a stop string. */
  text?(sequence: number, text: string): void
}

/**
 * Continues a prompt. A prompt longer than the context loses its beginning; when the context is full, the last half of it
 * is read anew and the text goes on.
 * @throws InklingError `prompt-empty`, `numbers-not-finite`; CancelledError between tokens
 */
export async function generate(
  model: LanguageModel,
  context: WarmContext,
  request: GenerationRequest,
  listener: GenerationListener = {},
  signal?: AbortSignal,
): Promise<Generation> {
  const prompt = model.tokenizer.encode(request.prompt)
  if (prompt.length === 0) throw InklingError.of('prompt-empty', {})
  const window = TokenWindow.of(prompt, model.contextLength, request.maxNewTokens)
  const sequences = Array.from({ length: request.sequences }, (_, index) => {
    return new GrowingSequence(model, request, index, window.copy(), (text) => listener.text?.(index, text))
  })
  if (request.maxNewTokens > 0) {
    const logits = await context.advance(window.view(), signal)
    listener.prefilled?.()
    for (const sequence of sequences) sequence.take(logits)
    if (sequences.length > 1) await growTogether(context, sequences, model.contextLength, signal)
    for (const sequence of sequences) await growAlone(context, sequence, signal)
  }
  return {
    promptTokens: prompt.length,
    promptCut: window.length < prompt.length,
    sequences: sequences.map((sequence) => sequence.result()),
  }
}

/** Grows all sequences in one batch until the context is full or all are finished. */
async function growTogether(context: WarmContext, sequences: readonly GrowingSequence[], contextLength: number, signal?: AbortSignal): Promise<void> {
  const branches = context.fork(sequences.length)
  try {
    for (let length = context.length; length < contextLength; length++) {
      const growing = sequences.map((_, index) => index).filter((index) => sequences[index]?.finished === false)
      if (growing.length === 0) return
      const tokens = Int32Array.from(growing, (index) => sequences[index]?.lastToken ?? 0)
      const logits = await branches.extend(growing, tokens, signal)
      growing.forEach((index, i) => sequences[index]?.take(logits[i] ?? new Float32Array()))
    }
  } finally {
    branches.dispose()
  }
}

async function growAlone(context: WarmContext, sequence: GrowingSequence, signal?: AbortSignal): Promise<void> {
  while (!sequence.finished) sequence.take(await context.advance(sequence.window.view(), signal))
}

class GrowingSequence {
  private readonly tokens: number[] = []
  private readonly sampler: Sampler
  private readonly characters = new Utf8Stream()
  private readonly stops: StopStrings
  private text = ''
  private logprob = 0
  private finish: GeneratedSequence['finish'] | undefined

  /** @param window the prompt's tokens, and behind them this sequence's as they come */
  constructor(
    private readonly model: LanguageModel,
    private readonly request: GenerationRequest,
    index: number,
    readonly window: TokenWindow,
    private readonly emit: (text: string) => void,
  ) {
    this.sampler = new Sampler(request.sampling, index, window.view())
    this.stops = new StopStrings(request.stop)
  }

  get finished(): boolean {
    return this.finish !== undefined
  }

  get lastToken(): number | undefined {
    return this.tokens.at(-1)
  }

  /** Chooses the next token. @param logits [vocabulary], after the last token */
  take(logits: Float32Array): void {
    const id = this.sampler.choose(logits)
    this.logprob += logProbability(logits, id)
    this.tokens.push(id)
    this.window.push(id)
    if (id === this.model.tokenizer.endOfText) return this.end('eos')
    this.add(this.stops.push(this.characters.push(this.model.tokenizer.bytes(id))))
    if (this.stops.stopped) this.finish = 'stop'
    else if (this.tokens.length >= this.request.maxNewTokens) this.end('length')
  }

  result(): GeneratedSequence {
    return { text: this.text, tokens: this.tokens, logprob: this.logprob, finish: this.finish ?? 'length' }
  }

  private end(finish: 'eos' | 'length'): void {
    this.add(this.stops.end())
    this.finish = finish
  }

  private add(text: string): void {
    if (text === '') return
    this.text += text
    this.emit(text)
  }
}
