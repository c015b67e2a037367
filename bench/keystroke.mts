/**
 * npm run bench:keystroke: from key press to painted ghost text, in the real editor, and where the time goes.
 *
 * A writer types real sentences at 60 words a minute. The page notes when each key went down and when grey words were
 * next painted. The extension's trace says, for the caret that the key led to, how long its provider took and how long
 * the model did; what the provider took beyond the model is its wait (debounce) and its own work. What is left of the
 * whole is the editor's: its own debounce of 50 ms, messages between window and extension host, and drawing.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { root } from '../tools/lib/project.mjs'
import { Editor } from '../test/support/editor'

/** Five letters and a blank a word, sixty words a minute. */
const keyIntervalMs = 1000 / 6

const warmUp = 'The committee met on Tuesday to discuss the state of the project, and most of the members agreed that the work had gone well. '
const measured = [
  'In the morning she walked down to the river, where the boats were already out, and sat for a while on the old wall to watch them. ',
  'Before you install the package, make sure that the version of the compiler on your machine is recent enough to build it from source. ',
  'He did not know what to say to her, and so he said nothing at all until the end of the evening. ',
].join('')

/** One key as the page saw it; milliseconds of the page's clock. */
interface Press {
  readonly down: number
  readonly painted: number | undefined
}

/** One answer of the provider as the trace tells it. Milliseconds. */
interface Answer {
  readonly shown: boolean
  readonly provider: number
  /** Undefined when the answer came from memory. */
  readonly model: number | undefined
}

/** Runs in the page: notes each key, and the first frame after it in which other grey words stand than before. */
const watchPainting = `
  var inklingPresses = []
  {
    const ghost = () => document.querySelector('[class*="ghost-text-decoration"]')?.textContent ?? ''
    let before = ''
    document.addEventListener('keydown', () => {
      before = ghost()
      inklingPresses.push({ down: performance.now(), painted: undefined })
    }, true)
    const look = () => {
      const press = inklingPresses.at(-1)
      const now = ghost()
      if (press && press.painted === undefined && now !== '' && now !== before) press.painted = performance.now()
      requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  }
`

const heading = '# Notes\n\n'
const editor = await Editor.open({ files: { 'bench.md': heading }, settings: { 'inkling.suggestions.confidence': 'eager' }, trace: true })
try {
  const { workbench, page } = editor
  await workbench.openFile('bench.md')
  await page.evaluate(watchPainting)
  await workbench.type(warmUp, keyIntervalMs)
  await page.evaluate('inklingPresses.length = 0')
  await workbench.type(measured, keyIntervalMs)
  await page.waitForTimeout(500)
  const presses = await page.evaluate<readonly Press[]>('inklingPresses')
  report(presses, answersByOffset(editor.trace()))
} finally {
  await editor.close()
}

/** The last answer for each caret. */
function answersByOffset(log: string): ReadonlyMap<number, Answer> {
  const answers = new Map<number, Answer>()
  for (const [, offset, outcome, ms, model] of log.matchAll(/suggest at (\d+): (.+?) in ([\d.]+) ms(?:, model ([\d.]+) ms)?/g)) {
    answers.set(Number(offset), { shown: / from /.test(outcome ?? ''), provider: Number(ms), model: model === undefined ? undefined : Number(model) })
  }
  return answers
}

function report(presses: readonly Press[], answers: ReadonlyMap<number, Answer>): void {
  const asked: { total: number; wait: number; model: number; editor: number }[] = []
  const remembered: number[] = []
  presses.forEach(({ down, painted }, index) => {
    const answer = answers.get(heading.length + warmUp.length + index + 1)
    if (painted === undefined || !answer?.shown) return
    const total = painted - down
    if (answer.model === undefined) remembered.push(total)
    else asked.push({ total, wait: answer.provider - answer.model, model: answer.model, editor: total - answer.provider })
  })
  const rows = {
    'key to grey words, all': [...asked.map((key) => key.total), ...remembered],
    'key to grey words, model asked': asked.map((key) => key.total),
    '  wait and own work': asked.map((key) => key.wait),
    '  model': asked.map((key) => key.model),
    '  editor': asked.map((key) => key.editor),
    'key to grey words, from memory': remembered,
  }
  console.log(`${presses.length} keys at 60 words a minute; ${asked.length} answered by the model, ${remembered.length} from memory. Milliseconds:\n`)
  console.log(`${''.padEnd(34)}${['keys', 'median', '90 %', '95 %', 'most'].map((name) => name.padStart(9)).join('')}`)
  for (const [name, values] of Object.entries(rows)) {
    const cells = [values.length, ...[0.5, 0.9, 0.95, 1].map((share) => quantile(values, share).toFixed(1))]
    console.log(`${name.padEnd(34)}${cells.map((cell) => String(cell).padStart(9)).join('')}`)
  }
  const folder = path.join(root, 'bench/work')
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'keystroke.json'), JSON.stringify(rows, undefined, 2))
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN
}
