import { InklingError } from '../base/errors'
import type { Exactness, LanguageModel } from './languageModel'
import { logProbability } from './probabilities'
import { PromptLookup } from './promptLookup'
import { neededFor, Sampler, type Sampling } from './sampling'
import { endsInTime } from './sentenceEnd'
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
  /** Whether a text ends with a sentence when there is one in its last quarter, rather than where the tokens are used up. */
  readonly endWithSentence?: boolean
  /**
   * Whether one text alone is drafted from what stands before it and checked several tokens at a time. Where nothing is
   * said, it is where that cannot change the text, which the context knows (docs/performance.md).
   */
  readonly speculate?: boolean | undefined
}

export interface Generation {
  /** Tokens of the whole prompt. */
  readonly promptTokens: number
  /** True when the prompt was longer than the context and only its end was read. */
  readonly promptCut: boolean
  readonly sequences: readonly GeneratedSequence[]
  /** Tokens that were drafted and checked, and how many of them were right. */
  readonly drafts?: { readonly drafted: number; readonly right: number } | undefined
}

export interface GeneratedSequence {
  /** The continuation alone, without half a character at its end. */
  readonly text: string
  /** Ids of the continuation, the one that ended it included. */
  readonly tokens: readonly number[]
  /**
   * Sum over `tokens`, natural logarithm, under the model's unmodified distribution. Of greedy text from a large model it is
   * some hundredths of a nat a token off, where logits that did not matter to the choice were estimates.
   */
  readonly logprob: number
  readonly finish: 'length' | 'eos' | 'stop' | 'sentence'
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
  const drafts = { drafted: 0, right: 0 }
  if (request.maxNewTokens > 0) {
    const exactness = neededFor(request.sampling)
    const logits = await context.advance(window.view(), signal, exactness)
    listener.prefilled?.()
    for (const sequence of sequences) sequence.take(logits)
    if (sequences.length > 1) await growTogether(context, sequences, model.contextLength, exactness, signal)
    const speculates = context.isParallel && (request.speculate ?? context.draftCosts !== undefined)
    for (const sequence of sequences) {
      if (speculates) await growSpeculatively(context, sequence, drafts, signal)
      else await growAlone(context, sequence, exactness, signal)
    }
  }
  return {
    promptTokens: prompt.length,
    promptCut: window.length < prompt.length,
    sequences: sequences.map((sequence) => sequence.result()),
    drafts,
  }
}

/** Grows all sequences in one batch until the context is full or all are finished. */
async function growTogether(context: WarmContext, sequences: readonly GrowingSequence[], contextLength: number, exactness: Exactness, signal?: AbortSignal): Promise<void> {
  const branches = context.fork(sequences.length)
  try {
    for (let length = context.length; length < contextLength; length++) {
      const growing = sequences.map((_, index) => index).filter((index) => sequences[index]?.finished === false)
      if (growing.length === 0) return
      const tokens = Int32Array.from(growing, (index) => sequences[index]?.lastToken ?? 0)
      const logits = await branches.extend(growing, tokens, signal, exactness)
      growing.forEach((index, i) => sequences[index]?.take(logits[i] ?? new Float32Array()))
    }
  } finally {
    branches.dispose()
  }
}

async function growAlone(context: WarmContext, sequence: GrowingSequence, exactness: Exactness, signal?: AbortSignal): Promise<void> {
  while (!sequence.finished) sequence.take(await context.advance(sequence.window.view(), signal, exactness))
}

/**
 * The same text in fewer steps: what may come next is drafted, run at once, and taken as far as it is what would have been
 * chosen. A draft is certain of its tokens, so that taking a token only where the draw agrees with it keeps the
 * distribution (Leviathan et al. 2023, section 2.3, with q a single point).
 */
async function growSpeculatively(context: WarmContext, sequence: GrowingSequence, drafts: { drafted: number; right: number }, signal?: AbortSignal): Promise<void> {
  const lookup = new PromptLookup(context.draftCosts)
  for (const token of sequence.window.view()) lookup.push(token)
  const take = (logits: Float32Array): number | undefined => {
    sequence.take(logits)
    if (sequence.lastToken !== undefined) lookup.push(sequence.lastToken)
    return sequence.lastToken
  }
  let isCloseCall = false
  while (!sequence.finished) {
    const draft = isCloseCall ? [] : lookup.draft(sequence.mostDrafted)
    isCloseCall = false
    if (draft.length === 0) {
      take(await context.advance(sequence.window.view(), signal))
      continue
    }
    const rows = await context.advanceEach(Int32Array.of(...sequence.window.view(), ...draft), draft.length + 1, signal)
    let right = 0
    let isWrong = false
    for (const [i, logits] of rows.entries()) {
      if (sequence.finished || isWrong) break
      isCloseCall = sequence.isCloseCall(logits)
      if (isCloseCall) break
      isWrong = take(logits) !== draft[i]
      if (!isWrong) right++
    }
    lookup.learn(right, isWrong && right < draft.length)
    drafts.drafted += draft.length
    drafts.right += right
  }
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

  /** How many more tokens than the next one there is use and room for. */
  get mostDrafted(): number {
    return Math.max(0, Math.min(this.request.maxNewTokens - this.tokens.length - 1, this.model.contextLength - this.window.length))
  }

  /** Whether the last bits of `logits` could decide about the next token. */
  isCloseCall(logits: Float32Array): boolean {
    return this.sampler.isCloseCall(logits)
  }

  /** Chooses the next token. @param logits [vocabulary], after the last token */
  take(logits: Float32Array): void {
    const id = this.sampler.choose(logits)
    const ends = id === this.model.tokenizer.endOfText
    const piece = ends ? '' : this.characters.push(this.model.tokenizer.bytes(id))
    if (this.request.endWithSentence && endsInTime(this.text, piece, this.tokens.length, this.request.maxNewTokens)) return this.end('sentence')
    this.logprob += logProbability(logits, id)
    this.tokens.push(id)
    this.window.push(id)
    if (ends) return this.end('eos')
    this.add(this.stops.push(piece))
    if (this.stops.stopped) this.finish = 'stop'
    else if (this.tokens.length >= this.request.maxNewTokens) this.end('length')
  }

  result(): GeneratedSequence {
    return { text: this.text, tokens: this.tokens, logprob: this.logprob, finish: this.finish ?? 'length' }
  }

  private end(finish: 'eos' | 'length' | 'sentence'): void {
    this.add(this.stops.end())
    this.finish = finish
  }

  private add(text: string): void {
    if (text === '') return
    this.text += text
    this.emit(text)
  }
}
