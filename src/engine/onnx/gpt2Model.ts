import type { Gpt2Config } from '../../gpt2/config'
import type { Context, LanguageModel, ModelDescription } from '../../language/languageModel'
import type { Tokenizer } from '../../language/tokenizer'
import { Gpt2Context } from './gpt2Context'
import type { StepRunner } from './step'

/** An open GPT-2: one runner, any number of contexts. */
export class Gpt2Model implements LanguageModel {
  constructor(
    private readonly runner: StepRunner,
    private readonly config: Gpt2Config,
    readonly tokenizer: Tokenizer,
    readonly description: ModelDescription,
  ) {}

  get contextLength(): number {
    return this.config.positions
  }

  open(): Context {
    return new Gpt2Context(this.runner, this.config)
  }

  dispose(): void {
    this.runner.dispose()
  }
}
