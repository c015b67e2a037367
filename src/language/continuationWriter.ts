import type { Clock } from '../base/clock'
import { BranchPool } from './branchPool'
import type { Continuation, ContinuationRequest } from './continuation'
import { DocumentTokens } from './documentTokens'
import { DocumentExpectation, ModelExpectation, type Expectation } from './expectation'
import { FirstWordSearch } from './firstWords'
import { Growth } from './growth'
import { HealedText } from './healedText'
import { keepTail } from './keepTail'
import type { LanguageModel } from './languageModel'
import type { Tokenizer } from './tokenizer'
import { TokenTable } from './tokenTable'
import type { WarmContext } from './warmContext'

/** Told the whole words of a candidate whenever there are more of them, and the probability of all of them together. */
export type PartialListener = (candidate: number, text: string, joint: number) => void

/** Tokens of the longest first word that is looked for, healed letters included. */
const deepestFirstWord = 12

/** Writes continuations for carets: a few words each, as far as the model is sure. */
export class ContinuationWriter {
  private readonly table: TokenTable
  private readonly documents = new WeakMap<WarmContext, RememberedDocument>()

  constructor(
    private readonly model: LanguageModel,
    private readonly clock: Pick<Clock, 'now'>,
  ) {
    this.table = new TokenTable(model.tokenizer)
  }

  /**
   * @param context holds the prompt afterwards, so that the next letter costs little
   * @returns best first, with different first words; empty when the model is not sure enough of any
   * @throws InklingError `numbers-not-finite`; CancelledError between tokens
   */
  async write(context: WarmContext, request: ContinuationRequest, onPartial: PartialListener = () => {}, signal?: AbortSignal): Promise<readonly Continuation[]> {
    const { limits, timeMs = Infinity } = request
    const began = this.clock.now()
    const tokens = this.model.tokenizer.encode(request.prompt)
    const prompt = this.held(tokens, limits.maxTokens)
    if (prompt === undefined) return []
    const logits = await context.advance(prompt, signal)
    const pool = new BranchPool(context)
    try {
      const room = this.model.contextLength - prompt.length
      const text = new HealedText(request.prompt, request.healing)
      const expectation = this.expectation(context, request.background, tokens)
      const search = new FirstWordSearch(this.table, expectation, text, {
        candidates: request.candidates,
        minProbability: limits.minFirstWord,
        deepest: Math.min(deepestFirstWord, room),
      })
      const words = await search.run(pool, logits, signal)
      const growths = words.map((word) => new Growth(this.table, expectation, text, limits, word, room))
      await growTogether(pool, growths, () => this.clock.now() - began >= timeMs, onPartial, signal)
      return growths.map((growth) => growth.result())
    } finally {
      pool.dispose()
    }
  }

  private expectation(context: WarmContext, background: string | undefined, prompt: Int32Array): Expectation {
    if (background === undefined) return new ModelExpectation(this.table)
    const document = this.documents.get(context) ?? new RememberedDocument(this.model.tokenizer)
    this.documents.set(context, document)
    return new DocumentExpectation(this.table, document.upTo(background, prompt))
  }

  /** What the context has to hold: the end of the prompt, or where there is none the token that texts are divided by. */
  private held(prompt: Int32Array, maxTokens: number): Int32Array | undefined {
    const { tokenizer, contextLength } = this.model
    if (prompt.length === 0) return tokenizer.endOfText === undefined ? undefined : Int32Array.of(tokenizer.endOfText)
    const room = contextLength - maxTokens - deepestFirstWord
    return keepTail(prompt, Math.max(room, contextLength >> 1))
  }
}

/** The tokens of one document. What stands far from the caret is seldom another text than at the last question. */
class RememberedDocument {
  private readonly tokens = new DocumentTokens()
  private background = ''
  private backgroundTokens: Int32Array = new Int32Array(0)

  constructor(private readonly tokenizer: Tokenizer) {}

  upTo(background: string, prompt: Int32Array): DocumentTokens {
    if (background !== this.background) {
      this.background = background
      this.backgroundTokens = this.tokenizer.encode(background)
    }
    const all = new Int32Array(this.backgroundTokens.length + prompt.length)
    all.set(this.backgroundTokens)
    all.set(prompt, this.backgroundTokens.length)
    this.tokens.hold(all)
    return this.tokens
  }
}

async function growTogether(pool: BranchPool, growths: readonly Growth[], timeIsUp: () => boolean, onPartial: PartialListener, signal?: AbortSignal): Promise<void> {
  const shown = growths.map(() => '')
  for (;;) {
    growths.forEach(({ visible, joint }, candidate) => {
      if (visible === shown[candidate]) return
      shown[candidate] = visible
      onPartial(candidate, visible, joint)
    })
    const growing = growths.filter((growth) => !growth.finished)
    if (growing.length === 0) return
    if (timeIsUp()) return growing.forEach((growth) => growth.stop())
    await pool.evaluate(growing.map(({ tokens }) => tokens), (index, logits) => growing[index]?.visit(logits), signal)
  }
}
