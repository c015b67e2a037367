/**
 * npm run bench:keystroke [-- --model DIR | --like-gpt2] [-- --words-per-minute N]
 *
 * From key press to painted ghost text, in the real editor, and where the time goes.
 *
 * The model is the embedded one, a folder's, or with --like-gpt2 the embedded one at the price of GPT-2 (lib/unfold.ts).
 *
 * A writer types on in a document of some 250 words. The page notes when each key went down and when grey words that
 * were not there before have been painted. The extension notes when it heard of the change, when it was asked for a
 * suggestion and when it answered, and what the model took. All clocks are those of one machine, so that a key's way can
 * be cut into its parts:
 *
 *   key down → extension host   the window takes the key and tells the extension host of the change
 *   → provider asked            the editor's own debounce: 50 ms, which an extension cannot change
 *   → provider answered         ours: what was not ready yet
 *   → painted                   the answer's way back, and drawing
 *
 * Keys that go on with what stands there in grey are answered by the editor itself or from memory.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../tools/lib/project.mjs'
import { Editor } from '../test/support/editor'
import { editorProcesses, type EditorProcess } from './lib/editorProcesses'
import { quantile } from './lib/statistics'
import { unfold } from './lib/unfold'
import { before, measured, warmUp } from './lib/keystrokeText'

/** Runs in the page: notes each key, and when grey words that differ from those before the key had been painted. */
const watchPainting = `
  var inklingPresses = []
  {
    const ghost = () => [...document.querySelectorAll('[class*="ghost-text-decoration"]')].map((part) => part.textContent).join('')
    const now = () => performance.timeOrigin + performance.now()
    let before = ''
    document.addEventListener('keydown', (event) => {
      before = ghost()
      inklingPresses.push({ down: performance.timeOrigin + event.timeStamp, painted: undefined })
    }, true)
    // The editor draws in animation frames; a message that is sent from there arrives when the frame has been painted.
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = ({ data: index }) => { inklingPresses[index].painted ??= now() }
    new MutationObserver(() => {
      const press = inklingPresses.at(-1)
      if (press === undefined || press.painted !== undefined) return
      const text = ghost()
      if (text !== '' && text !== before) port2.postMessage(inklingPresses.length - 1)
    }).observe(document.body, { subtree: true, childList: true, characterData: true })
  }
`

/** One key as the page saw it; milliseconds since 1970, as all times here. */
interface Press {
  readonly down: number
  readonly painted: number | undefined
}

/** One change of the document as the extension saw it. */
interface Change {
  readonly heard: number
  /** The first answer of the provider that was not cancelled. */
  readonly answer?: { readonly asked: number; readonly answered: number; readonly shown: boolean } | undefined
  /** How long the model took; undefined when it was not asked. */
  readonly modelMs: number | undefined
}

/** A key behind which new grey words were seen. Milliseconds. */
interface Seen {
  readonly total: number
  readonly by: 'model' | 'memory' | 'editor'
  /** Absent where the editor had drawn before the provider answered. */
  readonly parts?: { readonly arrive: number; readonly debounce: number; readonly provider: number; readonly model: number; readonly draw: number }
}

const { values } = parseArgs({ options: { model: { type: 'string' }, 'like-gpt2': { type: 'boolean', default: false }, 'words-per-minute': { type: 'string', default: '60' } } })
const wordsPerMinute = Number(values['words-per-minute'])
/** Five letters and a blank a word. */
const keyIntervalMs = 60_000 / (wordsPerMinute * 6)

const unfolded = path.join(root, 'bench/work/like-gpt2')
if (values['like-gpt2']) await unfold(path.join(root, 'media/model'), unfolded)
const model = values['like-gpt2'] ? unfolded : values.model
const settings = { 'inkling.suggestions.confidence': 'eager', ...(model === undefined ? {} : { 'inkling.model': path.resolve(model) }) }
const editor = await Editor.open({ files: { 'bench.md': before }, settings, trace: true })
try {
  const { workbench, page } = editor
  await workbench.openFile('bench.md')
  await page.evaluate(watchPainting)
  await workbench.type(warmUp, keyIntervalMs)
  await page.waitForTimeout(1_000)
  await page.evaluate('inklingPresses.length = 0')
  const began = Date.now()
  const processesBefore = editorProcesses(editor.traceFile)
  await workbench.type(measured, keyIntervalMs)
  const seconds = (Date.now() - began) / 1000
  const processesAfter = editorProcesses(editor.traceFile)
  await page.waitForTimeout(1_000)
  const presses = await page.evaluate<readonly Press[]>('inklingPresses')
  report(presses, changesSince(editor.trace(), began), seconds, processesBefore, processesAfter)
} finally {
  await editor.close()
}

/** The changes of the document in their order. */
function changesSince(log: string, began: number): readonly Change[] {
  const lines = [...log.matchAll(/^([\d.]+) (.*)$/gm)].map(([, time, text]) => ({ time: Number(time), text: text ?? '' })).filter(({ time }) => time >= began)
  return lines.flatMap(({ time: heard, text }) => {
    const version = /^changed to version (\d+)$/.exec(text)?.[1]
    if (version === undefined) return []
    const about = lines.filter((line) => line.text.includes(` for version ${version}: `))
    const modelMs = about.map((line) => /, model ([\d.]+) ms/.exec(line.text)?.[1]).find((ms) => ms !== undefined)
    const answer = about.map(({ time, text: line }) => {
      const [, outcome, ms] = /^suggest for version \d+: (.+?) in ([\d.]+) ms/.exec(line) ?? []
      return outcome === undefined || outcome === 'cancelled' ? undefined : { asked: time - Number(ms), answered: time, shown: / from /.test(outcome) }
    }).find((found) => found !== undefined)
    return [{ heard, answer, modelMs: modelMs === undefined ? undefined : Number(modelMs) }]
  })
}

function seenOf(press: Press, { heard, answer, modelMs }: Change): readonly Seen[] {
  if (press.painted === undefined) return []
  const total = press.painted - press.down
  if (!answer?.shown || answer.answered > press.painted) return [{ total, by: 'editor' }]
  const parts = {
    arrive: heard - press.down, debounce: answer.asked - heard, provider: answer.answered - answer.asked, model: modelMs ?? 0, draw: press.painted - answer.answered,
  }
  return [{ total, by: modelMs === undefined ? 'memory' : 'model', parts }]
}

function report(presses: readonly Press[], changes: readonly Change[], seconds: number, processesBefore: readonly EditorProcess[], processesAfter: readonly EditorProcess[]): void {
  if (changes.length !== presses.length) throw new Error(`${presses.length} keys made ${changes.length} changes: something else was typed or corrected.`)
  const seen = presses.flatMap((press, index) => seenOf(press, changes[index] ?? { heard: NaN, modelMs: undefined }))
  const by = (who: Seen['by']): readonly Seen[] => seen.filter((one) => one.by === who)
  const totals = (ones: readonly Seen[]): readonly number[] => ones.map(({ total }) => total)
  const part = (name: keyof NonNullable<Seen['parts']>): readonly number[] => by('model').flatMap(({ parts }) => (parts ? [parts[name]] : []))
  const rows = {
    'key to new grey words, all': totals(seen),
    'key to new grey words, model asked': totals(by('model')),
    '  key down to extension host': part('arrive'),
    '  the editor\'s debounce': part('debounce'),
    '  provider': part('provider'),
    '  (model, from when it was asked)': part('model'),
    '  answer to painted': part('draw'),
    'key to new grey words, from memory': totals(by('memory')),
    'key to new grey words, typed through': totals(by('editor')),
  }
  const cpu = (role: EditorProcess['role']): number => {
    const sum = (processes: readonly EditorProcess[]): number => processes.filter((one) => one.role === role).reduce((total, one) => total + one.cpuSeconds, 0)
    return (sum(processesAfter) - sum(processesBefore)) / seconds
  }
  const usage = { engine: cpu('engine'), extensionHost: cpu('extension host') }
  const asked = changes.filter(({ modelMs }) => modelMs !== undefined).length
  const withoutModel = seen.length === 0 ? NaN : 1 - by('model').length / seen.length

  console.log(`${model ?? 'the embedded model'}; ${presses.length} keys at ${wordsPerMinute} words a minute, ${seen.length} led to new grey words. Milliseconds:\n`)
  console.log(`${''.padEnd(38)}${['keys', 'median', '90 %', '95 %', 'most'].map((name) => name.padStart(9)).join('')}`)
  for (const [name, times] of Object.entries(rows)) {
    const cells = [times.length, ...[0.5, 0.9, 0.95, 1].map((share) => quantile(times, share).toFixed(1))]
    console.log(`${name.padEnd(38)}${cells.map((cell) => String(cell).padStart(9)).join('')}`)
  }
  console.log(`\nThe model was asked at ${asked} of ${presses.length} keys; ${(100 * withoutModel).toFixed(0)} % of what was seen came without it.`)
  console.log(`Processor seconds a second: engine ${usage.engine.toFixed(2)}, extension host ${usage.extensionHost.toFixed(2)}.`)
  const folder = path.join(root, 'bench/work')
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'keystroke.json'), JSON.stringify({ model: model ?? 'embedded', wordsPerMinute, rows, usage, asked, withoutModel }, undefined, 2))
}
