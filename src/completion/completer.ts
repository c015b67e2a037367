import type { Clock } from '../base/clock'
import type { Continuation } from '../language/continuation'
import { Background } from './background'
import { characterBudget, readCaret, type Caret } from './context'
import { reasonNotToAsk, reasonNotToLook, type Circumstances, type CompletionDocument } from './decide'
import { splitHealing } from './healing'
import { SuggestionMemory } from './memory'
import { isWanted } from './mode'
import { Question, type Continuer } from './question'
import { Recent } from './recent'
import { afterAnswer, afterKey, delayBeforeAsking, growingMs, initialRhythm } from './schedule'
import type { CompletionSettings } from './settings'
import { isInsideWord, shape } from './shape/shape'
import type { Silence } from './silence'
import { withReplacement } from './textView'
import { explicitCandidates, limitsFor } from './thresholds'
import type { Trigger } from './trigger'
import { ProseLanguages } from './where/languages'
import type { Place } from './where/place'

export interface CompletionQuery {
  readonly document: CompletionDocument
  readonly offset: number
  readonly trigger: Trigger
  readonly settings: CompletionSettings
  readonly circumstances?: Circumstances
  /**
   * How much of the text is read: a little, so that an answer is there soon; or, of a place where that was answered, all
   * that a question reads, so that the next is answered as soon. All as a rule.
   */
  readonly reading?: 'little' | 'rest'
  /** An entry of the editor's own list that is about to replace [from, offset): the suggestion goes on from it. */
  readonly selected?: { readonly from: number; readonly text: string }
}

export interface CompletionItem {
  /** To be put in at the caret, or in the place of what `selected` replaces. */
  readonly text: string
  /** What the model said, before it was shaped. */
  readonly continuation: Continuation
}

export type Completion = (
  | { readonly kind: 'shown'; readonly items: readonly CompletionItem[]; readonly from: 'memory' | 'model' }
  | { readonly kind: 'silent'; readonly reason: Silence }
) & {
  /** What the model took to answer, when it was asked for this very caret. */
  readonly answerMs?: number | undefined
}

export interface CompleterOptions {
  /** Asks ahead for what would follow a suggestion that is shown. */
  readonly lookAhead: boolean
}

/** A caret that is worth a question. */
interface Prepared {
  readonly query: CompletionQuery
  readonly caret: Caret
  /** The text before the caret as the model is given it. */
  readonly context: string
  /** Other text of the document. */
  readonly background: string
}

/** Characters of a little: so many tokens are read in one step. */
const little = 512

/** Whoever opens a document may be about to write: the rest of it is read when nothing came for so long. */
const restMs = 300

/** Fewer characters save nothing: accepting is a key, too. What is left of a longer suggestion may be shorter. */
const shortestNew = 2
const shortestLeft = 1

/** How long to wait before the model is asked, and how long it may take for more words. */
interface Hurry {
  readonly delayMs: number
  readonly timeMs?: number
}

const calm: Circumstances = { snoozed: false, hasSelection: false }

/** Documents whose answers are kept. */
const documentsRemembered = 16

/**
 * From a caret to what the editor shows there, and why if nothing: whether this is a place and a moment for a suggestion,
 * what is remembered, what to ask the model, and what of its answer fits.
 */
export class Completer {
  private readonly languages = new ProseLanguages()
  private readonly background = new Background()
  private readonly memories = new Recent<SuggestionMemory>(documentsRemembered)
  private question: Question | undefined
  private ahead: Question | undefined
  private rhythm = initialRhythm

  constructor(
    private readonly continuer: Continuer,
    private readonly clock: Clock,
    private readonly options: CompleterOptions = { lookAhead: true },
  ) {}

  /** Tells that something was typed, so that the delay before asking follows the writer's rhythm. */
  keyPressed(): void {
    this.rhythm = afterKey(this.rhythm, this.clock.now())
  }

  /**
   * The same question may be asked before an editor asks it: the answer is then on its way or there.
   * Never throws for a cancelled request: that is a silence like others.
   * @throws InklingError from the engine
   */
  async complete(query: CompletionQuery, signal: AbortSignal): Promise<Completion> {
    const prepared = this.prepare(query)
    if ('reason' in prepared) return prepared
    if (query.reading === 'rest') return this.readRest(prepared, signal)
    const remembered = this.fromMemory(prepared)
    if (remembered) return remembered
    const reason = reasonNotToAsk(query.trigger)
    if (reason) return silent(reason)
    return this.fromModel(prepared, signal)
  }

  /** After a change of the model or of the settings that decide about suggestions. */
  forget(): void {
    this.memories.clear()
    this.drop()
  }

  /** Ends what is being asked; what is known stays. For a writer who turns to another document. */
  drop(): void {
    this.question?.drop()
    this.ahead?.drop()
  }

  /** After a document was closed. */
  forgetDocument(id: string): void {
    this.memories.delete(id)
  }

  private prepare(query: CompletionQuery): Prepared | Extract<Completion, { kind: 'silent' }> {
    const { settings, trigger, circumstances = calm } = query
    const notNow = reasonNotToLook(query.document, settings, trigger, circumstances)
    if (notNow) return silent(notNow)
    const { document, offset } = asSelected(query)
    const language = this.languages.find(document.languageId)
    if (!language) return silent('language-unknown')
    if (trigger.kind === 'automatic' && !isWanted(document.languageId, language.kind, settings)) return silent('comments-off')
    const place: Place = language.place(document, offset)
    if (place.kind === 'other') return silent(place.why)
    const reserved = settings.maxWords * 2 + 16
    const whole = characterBudget(document.text, offset, settings.contextLength, reserved)
    const isLittle = query.reading === 'little'
    const budget = isLittle ? Math.min(little, whole) : whole
    const caret = readCaret(language, document, place.region, offset, budget)
    if (caret.before.trim() === '') return silent('nothing-before')
    if (isInsideWord(caret)) return silent('inside-word')
    const { prompt, healing } = splitHealing(caret.before)
    const background = isLittle ? '' : this.background.read(language, document, place.region, offset, budget)
    return { query, caret, context: prompt + healing, background }
  }

  private fromMemory(prepared: Prepared): Completion | undefined {
    const recalled = this.memoryOf(prepared).recall(prepared.context, prepared.query.trigger.kind === 'explicit')
    if (!recalled) return undefined
    const completion = this.present(prepared, recalled.candidates, 'memory', recalled.typed === '' ? shortestNew : shortestLeft)
    // What is left of a suggestion may not fit any more where a fresh question would.
    return completion.kind === 'silent' && recalled.typed !== '' ? undefined : completion
  }

  private async fromModel(prepared: Prepared, signal: AbortSignal): Promise<Completion> {
    const { query, context } = prepared
    const explicit = query.trigger.kind === 'explicit'
    for (const running of [this.question, this.ahead]) {
      if (!running?.serves(query.document.id, context, explicit)) continue
      await running.waitFor(context, signal)
      if (signal.aborted) return silent('cancelled')
      const answered = this.fromMemory(prepared)
      if (answered) return answered
    }
    this.drop()
    const hurry = explicit ? { delayMs: 0 } : { delayMs: query.reading === 'little' ? 0 : delayBeforeAsking(this.rhythm, query.settings.minDelayMs), timeMs: growingMs }
    return this.answer(prepared, hurry, signal)
  }

  /** Asks again where a little was read, unless that was all or somebody asks something else by then. */
  private async readRest(prepared: Prepared, signal: AbortSignal): Promise<Completion> {
    const { question, ahead } = this
    // Who asked them hears of their errors.
    await Promise.allSettled([question?.answer, ahead?.answer])
    if (signal.aborted || question === undefined || this.question !== question) return silent('cancelled')
    if (prepared.context === question.asked.context) return silent('nothing-before')
    return this.answer(prepared, { delayMs: restMs }, signal)
  }

  private async answer(prepared: Prepared, hurry: Hurry, signal: AbortSignal): Promise<Completion> {
    const question = this.ask(prepared, prepared.context, prepared.caret, hurry)
    this.question = question
    const candidates = await question.waitFor(prepared.context, signal)
    if (candidates === undefined || signal.aborted) return silent('cancelled')
    const { answerMs } = question
    // What is read when a document opens says nothing of the time that a key's question takes.
    if (answerMs !== undefined && prepared.query.reading === undefined) this.rhythm = afterAnswer(this.rhythm, answerMs)
    return { ...this.present(prepared, candidates, 'model', shortestNew), answerMs }
  }

  private ask({ query, background }: Prepared, context: string, caret: Pick<Caret, 'after' | 'unit'>, { delayMs, ...time }: Hurry): Question {
    const { kind } = query.trigger
    const question = new Question({
      session: query.document.id,
      context,
      explicit: kind === 'explicit',
      request: { ...splitHealing(context), background, candidates: kind === 'explicit' ? explicitCandidates : 1, limits: limitsFor(query.settings, kind, caret), ...time },
    }, this.continuer, this.clock, delayMs)
    const memory = this.memory(query.document.id)
    const remember = (candidates: readonly Continuation[] | undefined): void => {
      if (candidates) memory.remember({ context, candidates, explicit: kind === 'explicit' })
    }
    question.answer.then(remember, () => undefined)
    return question
  }

  private present(prepared: Prepared, candidates: readonly Continuation[], from: 'memory' | 'model', minLength: number): Completion {
    const { query, caret } = prepared
    const items = new Map<string, CompletionItem>()
    let why: Silence = 'unsure'
    for (const continuation of candidates) {
      const shaped = shape(continuation.text, caret, { maxWords: query.settings.maxWords, minLength })
      if (shaped.kind === 'nothing') why = items.size === 0 ? shaped.why : why
      else if (!items.has(shaped.text)) items.set(shaped.text, { text: (query.selected?.text ?? '') + shaped.text, continuation })
    }
    const [first] = items.keys()
    if (first === undefined) return silent(why)
    if (this.options.lookAhead && !query.selected && caret.after.trim() === '') this.lookAhead(prepared, first)
    const shown = [...items.values()]
    return { kind: 'shown', items: query.trigger.kind === 'explicit' ? shown : shown.slice(0, 1), from }
  }

  /** Asks for what would follow if `text` were accepted, so that it is there when it is. */
  private lookAhead(prepared: Prepared, text: string): void {
    const { prompt, healing } = splitHealing(prepared.context + text)
    const context = prompt + healing
    const { document } = prepared.query
    if (this.ahead?.serves(document.id, context, false) || this.memory(document.id).recall(context, false)) return
    this.ahead?.drop()
    this.ahead = this.ask({ ...prepared, query: { ...prepared.query, trigger: { kind: 'automatic', edit: 'typed' } } }, context, prepared.caret, { delayMs: 0 })
  }

  private memoryOf(prepared: Prepared): SuggestionMemory {
    return this.memory(prepared.query.document.id)
  }

  private memory(id: string): SuggestionMemory {
    const known = this.memories.get(id)
    if (known) return known
    const fresh = new SuggestionMemory()
    this.memories.set(id, fresh)
    return fresh
  }
}

function silent(reason: Silence): Extract<Completion, { kind: 'silent' }> {
  return { kind: 'silent', reason }
}

/** The document as it would read with the selected entry of the editor's list in place. */
function asSelected({ document, offset, selected }: CompletionQuery): { readonly document: CompletionDocument; readonly offset: number } {
  if (!selected) return { document, offset }
  const text = withReplacement(document.text, selected.from, offset, selected.text)
  return { document: { ...document, text }, offset: selected.from + selected.text.length }
}
