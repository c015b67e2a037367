import type { Context, LanguageModel, ModelDescription } from '../../language/languageModel'
import type { Tokenizer } from '../../language/tokenizer'
import { DecoderContext, type DecoderOptions } from './decoderContext'
import type { DecoderSession } from './decoderSession'

/** An open export: one session, any number of contexts. */
export class DecoderModel implements LanguageModel {
  constructor(
    private readonly session: DecoderSession,
    private readonly options: DecoderOptions,
    readonly tokenizer: Tokenizer,
    readonly description: ModelDescription,
  ) {}

  get contextLength(): number {
    return this.options.positions - this.options.opening.length
  }

  open(): Context {
    return new DecoderContext(this.session, this.options)
  }

  dispose(): void {
    this.session.dispose()
  }
}
