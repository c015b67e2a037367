import type { Gpt2Config } from '../../gpt2/config'
import type { Context, LanguageModel, ModelDescription } from '../../language/languageModel'
import type { Tokenizer } from '../../language/tokenizer'
import { Gpt2Context } from './gpt2Context'
import type { Gpt2Session } from './gpt2Session'
import type { Scorer } from './scorer'

/** An open GPT-2: one session, any number of contexts. */
export class Gpt2Model implements LanguageModel {
  constructor(
    private readonly session: Gpt2Session,
    private readonly scorer: Scorer,
    private readonly config: Gpt2Config,
    readonly tokenizer: Tokenizer,
    readonly description: ModelDescription,
  ) {}

  get contextLength(): number {
    return this.config.positions
  }

  open(): Context {
    return new Gpt2Context(this.session, this.scorer, this.config)
  }

  dispose(): void {
    this.session.dispose()
    this.scorer.dispose()
  }
}
