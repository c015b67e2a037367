import type { Generation, GeneratedSequence, GenerationRequest } from '../../language/generate'
import { endsInTime } from '../../language/sentenceEnd'
import { StopStrings } from '../../language/stopStrings'
import type { CompletionMessage, CompletionPart } from './messages'

/** Asks for `count` texts, of which `first` is the number of the first; leaving the loop over the answer ends the request. */
export type AskTexts = (first: number, count: number) => AsyncGenerator<CompletionMessage>

/**
 * Texts from a server. All are asked for at once; servers that write only one for a request are asked again, one text
 * after another, because some of them drop what they are doing for whoever comes next.
 * @param onText told what follows in one of the texts
 */
export async function generateOnServer(ask: AskTexts, request: GenerationRequest, onText: (sequence: number, text: string) => void): Promise<Pick<Generation, 'promptTokens' | 'sequences'>> {
  const { sequences } = request
  const texts = Array.from({ length: sequences }, (_, index) => new GrowingText(request, (text) => onText(index, text)))
  let promptTokens = NaN
  const take = async (first: number, count: number): Promise<void> => {
    for await (const message of ask(first, count)) {
      promptTokens = message.promptTokens ?? promptTokens
      for (const part of message.parts) texts[first + part.index]?.add(part)
      // The server may not know that all of them have come to a stop string, and nothing of last sentences.
      if (texts.slice(first, first + count).every((text) => text.stopped)) break
    }
  }
  await take(0, sequences)
  for (const [index, text] of texts.entries()) if (!text.begun) await take(index, 1)
  return { promptTokens, sequences: texts.map((text) => text.result()) }
}

class GrowingText {
  private readonly stops: StopStrings
  private readonly tokens: (number | undefined)[] = []
  private pieces = 0
  private text = ''
  private logprob = 0
  private end: GeneratedSequence['finish'] | undefined
  begun = false

  constructor(
    private readonly request: GenerationRequest,
    private readonly emit: (text: string) => void,
  ) {
    this.stops = new StopStrings(request.stop)
  }

  get stopped(): boolean {
    return this.stops.stopped || this.end === 'sentence'
  }

  add({ text, tokens, finish }: CompletionPart): void {
    this.begun = true
    if (this.end !== undefined) return
    if (this.request.endWithSentence && endsInTime(this.text, text, this.pieces, this.request.maxNewTokens)) {
      this.show(this.stops.end())
      this.end = 'sentence'
      return
    }
    // Servers that list no tokens send them one by one.
    this.pieces += tokens?.length ?? 1
    // Without log-probabilities the sum is not known.
    if (tokens === undefined && text !== '') this.logprob = NaN
    for (const token of tokens ?? []) {
      this.tokens.push(token.id)
      this.logprob += token.logprob ?? NaN
    }
    this.show(this.stops.push(text))
    if (this.stops.stopped) this.end = 'stop'
    else if (finish !== undefined) {
      this.show(this.stops.end())
      // The protocol has one word for a stop string and for the end of the text.
      this.end = finish === 'length' ? 'length' : this.request.stop.length > 0 ? 'stop' : 'eos'
    }
  }

  result(): GeneratedSequence {
    const ids = this.tokens.filter((id) => id !== undefined)
    return { text: this.text, tokens: ids.length === this.tokens.length ? ids : [], logprob: this.logprob, finish: this.end ?? 'length' }
  }

  private show(text: string): void {
    if (text === '') return
    this.text += text
    this.emit(text)
  }
}
