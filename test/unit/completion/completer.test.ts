import { describe, expect, it } from 'vitest'
import { Completer, type Completion, type CompletionQuery } from '../../../src/completion/completer'
import { defaultSettings } from '../../../src/completion/settings'
import { textOf } from '../../../src/completion/textView'
import { ManualClock } from '../../support/manualClock'
import { ScriptedContinuer, withCaret } from './support'

/** An editor with one document, a scripted model and a clock that stands still. */
class Bench {
  readonly clock = new ManualClock()
  readonly model = new ScriptedContinuer()
  readonly completer: Completer

  constructor(lookAhead = false) {
    this.completer = new Completer(this.model, this.clock, { lookAhead })
  }

  query(marked: string, extra: Partial<CompletionQuery> = {}): CompletionQuery {
    const { text, offset } = withCaret(marked)
    const document = { id: 'a', languageId: 'plaintext', text: textOf(text), readOnly: false }
    return { document, offset, trigger: { kind: 'automatic', edit: 'typed' }, settings: defaultSettings, ...extra }
  }

  complete(marked: string, extra: Partial<CompletionQuery> = {}, signal = new AbortController().signal): Promise<Completion> {
    return this.completer.complete(this.query(marked, extra), signal)
  }

  /** Asks at `marked` and lets the model say `texts`. */
  async answered(marked: string, texts: readonly string[], extra: Partial<CompletionQuery> = {}): Promise<Completion> {
    const completion = this.complete(marked, extra)
    await settled()
    this.model.last.answer(...texts)
    return completion
  }
}

/** Lets everything run that waits for nothing. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

function texts(completion: Completion): readonly string[] | string {
  return completion.kind === 'shown' ? completion.items.map((item) => item.text) : completion.reason
}

describe('Completer', () => {
  it('asks with the text up to the last word and heals the rest', async () => {
    const bench = new Bench()
    const completion = await bench.answered('The quick bro[caret]', ['wn fox jumps.'])
    expect(bench.model.last.request).toMatchObject({ prompt: 'The quick', healing: ' bro', candidates: 1 })
    expect(texts(completion)).toEqual(['wn fox jumps.'])
  })

  it('keeps a suggestion that is typed through without asking again', async () => {
    const bench = new Bench()
    await bench.answered('The quick bro[caret]', ['wn fox jumps.'])
    expect(texts(await bench.complete('The quick brown f[caret]'))).toEqual(['ox jumps.'])
    expect(bench.model.questions).toHaveLength(1)
  })

  it('brings the earlier suggestion back after a deleted character', async () => {
    const bench = new Bench()
    await bench.answered('The quick bro[caret]', ['wn fox jumps.'])
    const back = await bench.complete('The quick bro[caret]', { trigger: { kind: 'automatic', edit: 'deleted' } })
    expect(back).toMatchObject({ kind: 'shown', from: 'memory', items: [{ text: 'wn fox jumps.' }] })
  })

  it('does not ask after a deletion when nothing is remembered', async () => {
    const bench = new Bench()
    expect(texts(await bench.complete('The quick bro[caret]', { trigger: { kind: 'automatic', edit: 'deleted' } }))).toBe('deleted')
    expect(bench.model.questions).toHaveLength(0)
  })

  it('shows several candidates when asked, and promotes the one that is typed into', async () => {
    const bench = new Bench()
    const explicit = { trigger: { kind: 'explicit' } } as const
    expect(texts(await bench.answered('She went [caret]', ['home.', 'to bed.', 'away.'], explicit))).toEqual(['home.', 'to bed.', 'away.'])
    expect(texts(await bench.complete('She went to[caret]'))).toEqual([' bed.'])
    expect(texts(await bench.complete('She went [caret]', explicit))).toEqual(['to bed.', 'home.', 'away.'])
    expect(bench.model.questions).toHaveLength(1)
  })

  it('keeps a running question whose partial text is what was typed', async () => {
    const bench = new Bench()
    const before = new AbortController()
    const first = bench.complete('The quick [caret]', {}, before.signal)
    await settled()
    bench.model.last.partial('brown')
    before.abort()
    expect(texts(await first)).toBe('cancelled')
    const second = bench.complete('The quick br[caret]')
    await settled()
    expect(bench.model.questions).toHaveLength(1)
    bench.model.last.answer('brown fox.')
    expect(texts(await second)).toEqual(['own fox.'])
  })

  it('cancels a running question that what was typed has refuted', async () => {
    const bench = new Bench()
    const before = new AbortController()
    const first = bench.complete('The quick [caret]', {}, before.signal)
    await settled()
    bench.model.last.partial('brown')
    before.abort()
    await first
    const second = bench.complete('The quick re[caret]')
    await settled()
    expect(bench.model.questions).toHaveLength(2)
    expect(bench.model.questions[0]?.signal.aborted).toBe(true)
    bench.model.last.answer('d fox.')
    expect(texts(await second)).toEqual(['d fox.'])
  })

  it('cancels a question that nobody has waited for in a while', async () => {
    const bench = new Bench()
    const before = new AbortController()
    const first = bench.complete('The quick [caret]', {}, before.signal)
    await settled()
    before.abort()
    await first
    expect(bench.model.last.signal.aborted).toBe(false)
    bench.clock.advance(1_000)
    expect(bench.model.last.signal.aborted).toBe(true)
  })

  it('asks ahead for what follows a suggestion that is shown, and has it at once when it is accepted', async () => {
    const bench = new Bench(true)
    await bench.answered('The quick [caret]', ['brown fox.'])
    await settled()
    expect(bench.model.last.request).toMatchObject({ prompt: 'The quick brown fox.', healing: '' })
    bench.model.last.answer(' It jumps.')
    await settled()
    expect(texts(await bench.complete('The quick brown fox.[caret]'))).toEqual([' It jumps.'])
  })

  it('hands on what the engine says went wrong', async () => {
    const bench = new Bench()
    const completion = bench.complete('The quick [caret]')
    await settled()
    bench.model.last.fail(new Error('no model'))
    await expect(completion).rejects.toThrow('no model')
  })

  it('goes on from an entry of the editor\'s own list as if it were in place', async () => {
    const bench = new Bench()
    const completion = await bench.answered('The qu[caret]', [' fox.'], { selected: { from: 4, text: 'quick' } })
    expect(bench.model.last.request).toMatchObject({ prompt: 'The', healing: ' quick' })
    expect(texts(completion)).toEqual(['quick fox.'])
  })

  it.each<[string, string, Partial<CompletionQuery>]>([
    ['inside-word', 'revol[caret]utionary', {}],
    ['nothing-before', '  [caret]', {}],
    ['language-unknown', 'x [caret]', { document: { id: 'a', languageId: 'cobol', text: textOf('x '), readOnly: false } }],
    ['read-only', 'x [caret]', { document: { id: 'a', languageId: 'plaintext', text: textOf('x '), readOnly: true } }],
    ['too-large', 'x [caret]', { document: { id: 'a', languageId: 'plaintext', text: { length: 3e7, slice: () => '' }, readOnly: false } }],
    ['off', 'x [caret]', { settings: { ...defaultSettings, enabled: false } }],
    ['automatic-off', 'x [caret]', { settings: { ...defaultSettings, automatic: false } }],
    ['language-off', 'x [caret]', { settings: { ...defaultSettings, languages: { plaintext: false } } }],
    ['snoozed', 'x [caret]', { circumstances: { snoozed: true, hasSelection: false } }],
    ['selection', 'x [caret]', { circumstances: { snoozed: false, hasSelection: true } }],
    ['composing', 'x [caret]', { trigger: { kind: 'automatic', edit: 'composing' } }],
    ['moved', 'x [caret]', { trigger: { kind: 'automatic', edit: 'moved' } }],
    ['pasted', 'x [caret]', { trigger: { kind: 'automatic', edit: 'pasted' } }],
  ])('is silent and asks nothing: %s', async (reason, marked, extra) => {
    const bench = new Bench()
    expect(texts(await bench.complete(marked, extra))).toBe(reason)
    expect(bench.model.questions).toHaveLength(0)
  })

  it('says why an answer is not shown, and does not ask for it again', async () => {
    const bench = new Bench()
    expect(texts(await bench.answered('The [caret] fox', ['fox']))).toBe('repeats-after')
    expect(texts(await bench.complete('The [caret] fox'))).toBe('repeats-after')
    expect(texts(await bench.answered('The quick [caret]', []))).toBe('unsure')
    expect(texts(await bench.complete('The quick [caret]'))).toBe('unsure')
    expect(bench.model.questions).toHaveLength(2)
  })
})
