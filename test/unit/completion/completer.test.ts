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

  it('keeps the full stop that is left of a suggestion', async () => {
    const bench = new Bench()
    await bench.answered('The quick bro[caret]', ['wn fox.'])
    expect(texts(await bench.complete('The quick brown fox[caret]'))).toEqual(['.'])
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

  it('waits before asking as long as the writer set, and asks once for the last of several keys', async () => {
    const bench = new Bench()
    const settings = { ...defaultSettings, minDelayMs: 200 }
    const first = bench.complete('The q[caret]', { settings })
    await settled()
    bench.clock.advance(100)
    const second = bench.complete('The qu[caret]', { settings })
    await settled()
    bench.clock.advance(150)
    expect(texts(await first)).toBe('cancelled')
    expect(bench.model.questions).toHaveLength(0)
    bench.clock.advance(50)
    await settled()
    bench.model.last.answer('ick')
    expect(texts(await second)).toEqual(['ick'])
    expect(bench.model.questions).toHaveLength(1)
  })

  it('asks the model once when the same is asked ahead and by the editor, and the pause is not begun again', async () => {
    const bench = new Bench()
    const settings = { ...defaultSettings, minDelayMs: 200 }
    const ahead = bench.complete('The q[caret]', { settings })
    await settled()
    bench.clock.advance(150)
    const editors = bench.complete('The q[caret]', { settings })
    await settled()
    bench.clock.advance(50)
    await settled()
    bench.model.last.answer('uick fox.')
    expect([texts(await ahead), texts(await editors)]).toEqual([['uick fox.'], ['uick fox.']])
    expect(bench.model.questions).toHaveLength(1)
  })

  it('has the answer at once when it was asked ahead', async () => {
    const bench = new Bench()
    await bench.answered('The q[caret]', ['uick fox.'])
    expect(await bench.complete('The q[caret]')).toMatchObject({ from: 'memory', items: [{ text: 'uick fox.' }] })
  })

  it('drops what is being asked when the writer turns to another document, and keeps what is known', async () => {
    const bench = new Bench(true)
    await bench.answered('The quick [caret]', ['brown fox.'])
    await settled()
    bench.completer.drop()
    expect(bench.model.last.signal.aborted).toBe(true)
    expect(texts(await bench.complete('The quick [caret]'))).toEqual(['brown fox.'])
  })

  it('tells how long the model took, also when nothing came of it', async () => {
    const bench = new Bench()
    const completion = bench.complete('The quick [caret]')
    await settled()
    bench.clock.advance(40)
    bench.model.last.answer()
    expect(await completion).toEqual({ kind: 'silent', reason: 'unsure', answerMs: 40 })
  })

  it('does not wait when the writer asks', async () => {
    const bench = new Bench()
    void bench.complete('The q[caret]', { trigger: { kind: 'explicit' }, settings: { ...defaultSettings, minDelayMs: 200 } })
    await settled()
    expect(bench.model.last.request.candidates).toBe(3)
  })

  it('stops waiting when the editor cancels in the delay', async () => {
    const bench = new Bench()
    const controller = new AbortController()
    const completion = bench.complete('The q[caret]', { settings: { ...defaultSettings, minDelayMs: 200 } }, controller.signal)
    await settled()
    controller.abort()
    expect(texts(await completion)).toBe('cancelled')
    bench.clock.advance(1_000)
    await settled()
    expect(bench.model.questions).toHaveLength(0)
  })

  it('takes what is being asked ahead when the suggestion is accepted before the answer', async () => {
    const bench = new Bench(true)
    await bench.answered('The quick [caret]', ['brown fox.'])
    await settled()
    const next = bench.complete('The quick brown fox.[caret]')
    await settled()
    expect(bench.model.questions).toHaveLength(2)
    bench.model.last.answer(' It jumps.')
    expect(texts(await next)).toEqual([' It jumps.'])
  })

  it('drops what is being asked ahead for a question that somebody waits for', async () => {
    const bench = new Bench(true)
    await bench.answered('The quick [caret]', ['brown fox.'])
    await settled()
    const ahead = bench.model.last
    void bench.complete('The quick re[caret]')
    await settled()
    expect(ahead.signal.aborted).toBe(true)
    expect(bench.model.last.request.healing).toBe(' re')
  })

  it('asks nothing ahead in the middle of a paragraph', async () => {
    const bench = new Bench(true)
    await bench.answered('The [caret] fox', ['quick brown'])
    await settled()
    expect(bench.model.questions).toHaveLength(1)
  })

  it('is surer and shorter in the middle of a sentence', async () => {
    const bench = new Bench()
    void bench.complete('The [caret]')
    await settled()
    const atEnd = bench.model.last.request.limits
    void bench.complete('A [caret] fox')
    await settled()
    const inMiddle = bench.model.last.request.limits
    expect(inMiddle.minFirstWord).toBeGreaterThan(atEnd.minFirstWord)
    expect(inMiddle.maxTokens).toBeLessThan(atEnd.maxTokens)
  })

  it('lets only an automatic suggestion grow for a limited time, and not what is asked ahead', async () => {
    const bench = new Bench(true)
    await bench.answered('The quick [caret]', ['brown fox'])
    await settled()
    const [automatic, ahead] = bench.model.questions
    expect(ahead?.request).toMatchObject({ prompt: 'The quick brown', healing: ' fox' })
    void bench.complete('A slow [caret]', { trigger: { kind: 'explicit' } })
    await settled()
    expect(automatic?.request.timeMs).toBeGreaterThan(0)
    expect([ahead?.request.timeMs, bench.model.last.request.timeMs]).toEqual([undefined, undefined])
  })

  it('keeps documents apart', async () => {
    const bench = new Bench()
    await bench.answered('The quick [caret]', ['brown fox.'])
    const other = { id: 'b', languageId: 'plaintext', text: textOf('The quick '), readOnly: false }
    void bench.complete('The quick [caret]', { document: other })
    await settled()
    expect(bench.model.questions).toHaveLength(2)
  })

  it('forgets what it knew when the model or the settings change', async () => {
    const bench = new Bench()
    await bench.answered('The quick [caret]', ['brown fox.'])
    bench.completer.forget()
    void bench.complete('The quick [caret]')
    await settled()
    expect(bench.model.questions).toHaveLength(2)
  })

  it('asks for a line in a heading and for a sentence in a paragraph', async () => {
    const bench = new Bench()
    const markdown = (text: string): Partial<CompletionQuery> => ({ document: { id: text, languageId: 'markdown', text: textOf(text), readOnly: false } })
    void bench.complete('# The [caret]', markdown('# The '))
    await settled()
    expect(bench.model.last.request).toMatchObject({ prompt: '# The', limits: { boundary: 'line' } })
    void bench.complete('The [caret]', markdown('The '))
    await settled()
    expect(bench.model.last.request.limits.boundary).toBe('sentence')
  })

  it('is silent in comments of code until they are switched on, unless it is asked', async () => {
    const bench = new Bench()
    const document = { id: 'a', languageId: 'typescript', text: textOf('// The '), readOnly: false }
    expect(texts(await bench.complete('// The [caret]', { document }))).toBe('comments-off')
    expect(texts(await bench.answered('// The [caret]', ['fox jumps.'], { document, settings: { ...defaultSettings, inComments: true } }))).toEqual(['fox jumps.'])
    expect(bench.model.last.request.prompt).toBe('The')
    expect(texts(await bench.answered('// The [caret]', ['fox.', 'dog.'], { document, trigger: { kind: 'explicit' } }))).toEqual(['fox.', 'dog.'])
  })

  it('asks a writer who types a whole text only where a suggestion was refuted', async () => {
    const text = 'The quick brown fox jumps over the lazy dog. It goes home and sleeps.'
    const bench = new Bench()
    for (let offset = 1; offset < text.length; offset++) {
      const completion = bench.complete(`${text.slice(0, offset)}[caret]`)
      await settled()
      const rest = text.slice(offset)
      // The model knows the text up to the end of the sentence, but takes every fox for a cat.
      if (bench.model.questions.length > 0) bench.model.last.answer(rest.slice(0, (rest.indexOf('.') + 1) || rest.length).replace('fox', 'cat'))
      const shown = texts(await completion)
      if (typeof shown === 'string') expect(['too-short', 'unsure', 'inside-word']).toContain(shown)
      else if (!shown[0]?.includes('cat')) expect(rest.startsWith(shown[0] ?? '')).toBe(true)
    }
    // Once at the beginning, where `fox` was refuted, and at the ends of the two sentences.
    expect(bench.model.questions.length).toBeLessThanOrEqual(6)
  })

  describe('of a document that was just opened', () => {
    const long = `${'The lamp was lit every evening, and nobody asked why. '.repeat(30)}The quick [caret]`

    it('reads a little, so that an answer is there soon, and shows it as any other', async () => {
      const bench = new Bench()
      await bench.answered(long, ['brown fox.'], { reading: 'little' })
      const { prompt, background } = bench.model.last.request
      expect(prompt.length).toBeLessThanOrEqual(512)
      expect(prompt).toMatch(/^The lamp .* The quick$/)
      expect(background).toBe('')
      expect(texts(await bench.complete(long))).toEqual(['brown fox.'])
      expect(bench.model.questions).toHaveLength(1)
    })

    it('reads the rest when nothing came for a while, and shows what that gave', async () => {
      const bench = new Bench()
      await bench.answered(long, ['brown fox.'], { reading: 'little' })
      const rest = bench.complete(long, { reading: 'rest' })
      await settled()
      expect(bench.model.questions).toHaveLength(1)
      bench.clock.advance(300)
      await settled()
      expect(bench.model.last.request.prompt.length).toBeGreaterThan(512)
      bench.model.last.answer('red fox.')
      expect(texts(await rest)).toEqual(['red fox.'])
      expect(texts(await bench.complete(long))).toEqual(['red fox.'])
    })

    it('reads no rest where a little was all', async () => {
      const bench = new Bench()
      await bench.answered('The quick [caret]', ['brown fox.'], { reading: 'little' })
      await bench.complete('The quick [caret]', { reading: 'rest' })
      bench.clock.advance(300)
      await settled()
      expect(bench.model.questions).toHaveLength(1)
    })

    it('reads no rest when somebody has asked something else', async () => {
      const bench = new Bench()
      await bench.answered(long, ['brown fox.'], { reading: 'little' })
      const rest = bench.complete(long, { reading: 'rest' })
      const typed = bench.complete(long.replace('[caret]', 'red [caret]'))
      expect(texts(await rest)).toBe('cancelled')
      await settled()
      bench.model.last.answer('hat.')
      expect(texts(await typed)).toEqual(['hat.'])
    })

    it('drops the rest when a key is typed that it does not fit', async () => {
      const bench = new Bench()
      const reading = new AbortController()
      await bench.answered(long, ['brown fox.'], { reading: 'little' })
      const rest = bench.complete(long, { reading: 'rest' }, reading.signal)
      await settled()
      bench.clock.advance(300)
      await settled()
      const asked = bench.model.last
      reading.abort()
      void bench.complete(long.replace('[caret]', 'q[caret]'))
      await settled()
      expect(asked.signal.aborted).toBe(true)
      expect(texts(await rest)).toBe('cancelled')
    })
  })
})
