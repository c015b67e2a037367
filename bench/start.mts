/**
 * npm run bench:start [-- --runs N]
 *
 * What the extension costs an editor, in the real editor: its activation as the editor itself measures it (loading the
 * code and activating), the time from opening a document to the model's first answer (and what the engine takes of it where
 * nothing else runs) and from the first key to grey words, and the memory of the extension host with the extension and
 * without it, after the same things were done in both. Of that, what is live counts: how much garbage lies beside it is
 * the runtime's choice, and differs by tens of megabytes between runs.
 */
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../tools/lib/project.mjs'
import { scratch } from '../tools/lib/scratch.mjs'
import { Editor } from '../test/support/editor'
import { editorProcesses, type EditorProcess } from './lib/editorProcesses'
import { firstSuggestionMs } from './lib/engineStart'
import { before, warmUp } from './lib/keystrokeText'
import { liveBytes } from './lib/liveMemory'
import { median } from './lib/statistics'

const megabyte = 2 ** 20
const settleMs = 4_000
const longestMs = 60_000
/** As a fast typist. */
const keyMs = 60

interface Run {
  readonly activationMs?: number | undefined
  /** From the double click in the file tree until the editor shows the document. */
  readonly openedMs: number
  /** From the double click until the model, which was never used before, has answered for the place of the caret. */
  readonly answeredMs?: number | undefined
  /** From the first key to the grey words. */
  readonly firstWordsMs?: number | undefined
  /** Of the extension host, in memory before a document is opened, and after typing. */
  readonly startedMb: number
  readonly usedMb: number
  /** After typing, without what is garbage. */
  readonly liveMb: number
}

/** “For a long t” is a place of which a model is sure. */
const text = `${before}He looked at the wheel for a long`

const { values } = parseArgs({ options: { runs: { type: 'string', default: '3' } } })
const engine: { readonly firstMs: number; readonly laterMs: number }[] = []
for (let run = 0; run < Number(values.runs); run++) {
  const { folder, remove } = scratch('start')
  engine.push({ firstMs: await firstSuggestionMs(text, folder), laterMs: await firstSuggestionMs(text, folder) })
  remove()
}
const bare: Run[] = []
const withExtension: Run[] = []
for (let run = 0; run < Number(values.runs); run++) {
  bare.push(await measure(true))
  withExtension.push(await measure(false))
}
report()

async function measure(isBare: boolean): Promise<Run> {
  const editor = await Editor.open({ files: { 'bench.md': `${text} ` }, settings: { 'inkling.suggestions.confidence': 'eager' }, trace: true, bare: isBare })
  try {
    const { workbench, page } = editor
    const hosts = (): readonly EditorProcess[] => editorProcesses(editor.traceFile).filter(({ role }) => role === 'extension host')
    const hostMb = (): number => hosts().reduce((sum, { residentBytes }) => sum + residentBytes, 0) / megabyte
    await page.waitForTimeout(settleMs)
    const startedMb = hostMb()
    const { openedMs, answeredMs } = await open(editor, isBare)
    // The editor asks nobody for a key that follows at once.
    await page.waitForTimeout(settleMs)
    const pressed = Date.now()
    await workbench.press('t')
    const firstWordsMs = isBare ? undefined : await workbench.waitForGhostText().then(() => Date.now() - pressed)
    for (let time = 0; time < 4; time++) await workbench.type(`ime. ${warmUp}`, keyMs)
    await page.waitForTimeout(settleMs)
    const usedMb = hostMb()
    const host = hosts()[0]
    const liveMb = host === undefined ? NaN : (await liveBytes(host.id, page)) / megabyte
    return { startedMb, usedMb, liveMb, openedMs, answeredMs, firstWordsMs, activationMs: isBare ? undefined : await activationMs(editor) }
  } finally {
    await editor.close()
  }
}

async function open(editor: Editor, isBare: boolean): Promise<Pick<Run, 'openedMs' | 'answeredMs'>> {
  const began = Date.now()
  await editor.workbench.openFile('bench.md')
  const openedMs = Date.now() - began
  return { openedMs, answeredMs: isBare ? undefined : (await answerAfter(began, editor)) - began }
}

/** When the model has read the text before the caret and said what would follow. */
async function answerAfter(began: number, editor: Editor): Promise<number> {
  for (;;) {
    const answers = existsSync(editor.traceFile) ? editor.trace().matchAll(/^([\d.]+) prepare for version \d+: (?!cancelled|nothing-before)/gm) : []
    const answered = [...answers].map(([, time]) => Number(time)).find((time) => time > began)
    if (answered !== undefined) return answered
    if (Date.now() - began > longestMs) throw new Error('The model was not asked.')
    await editor.page.waitForTimeout(20)
  }
}

/** As the editor shows it under Running Extensions. */
async function activationMs({ workbench, page }: Editor): Promise<number> {
  await workbench.runCommand('Developer: Show Running Extensions')
  const row = page.locator('.runtime-extensions-editor .monaco-list-row', { hasText: 'Inkling' }).first()
  await page.locator('.runtime-extensions-editor .monaco-list-row').first().click()
  // The slowest stand first, and only what is in view is drawn.
  while (!await row.isVisible()) await page.keyboard.press('PageDown')
  return Number(/Activation: ?(\d+) ?ms/i.exec(await row.innerText())?.[1])
}

function report(): void {
  const of = (runs: readonly Run[], name: keyof Run): number => median(runs.flatMap((run) => run[name] ?? []))
  const beside = (name: keyof Run): { bare: number; inkling: number } => ({ bare: of(bare, name), inkling: of(withExtension, name) })
  // The rest lies in dist/later and is loaded on first use.
  const shownToAnswer = withExtension.flatMap(({ openedMs, answeredMs }) => (answeredMs === undefined ? [] : [answeredMs - openedMs]))
  const bundleKb = ['extension', 'program'].reduce((sum, name) => sum + statSync(path.join(root, `dist/${name}.js`)).size, 0) / 1000
  const result = {
    bundleKb, activationMs: of(withExtension, 'activationMs'), openedMs: of(withExtension, 'openedMs'), answeredMs: of(withExtension, 'answeredMs'), shownToAnswerMs: median(shownToAnswer), firstWordsMs: of(withExtension, 'firstWordsMs'),
    hostMb: { started: beside('startedMb'), used: beside('usedMb'), live: beside('liveMb') },
  }
  const { started, used, live } = result.hostMb
  const each = (name: keyof Run): string => withExtension.map((run) => run[name]?.toFixed(0)).join(', ')
  console.log(`Medians of ${values.runs} runs.\n`)
  console.log(`main bundle                                ${bundleKb.toFixed(0)} KB`)
  console.log(`activation, as the editor measures it      ${result.activationMs} ms  (${each('activationMs')})`)
  console.log(`double click to document in view           ${result.openedMs} ms  (${each('openedMs')})`)
  console.log(`double click to the model's first answer   ${result.answeredMs.toFixed(0)} ms  (${each('answeredMs')})`)
  console.log(`  from the document in view on             ${result.shownToAnswerMs.toFixed(0)} ms  (${shownToAnswer.map((ms) => ms.toFixed(0)).join(', ')})`)
  const alone = (name: 'firstMs' | 'laterMs'): string => median(engine.map((run) => run[name])).toFixed(0)
  console.log(`engine alone: start to first suggestion    ${alone('laterMs')} ms; where it was never used before ${alone('firstMs')} ms`)
  console.log(`first key to grey words                    ${result.firstWordsMs} ms  (${each('firstWordsMs')})`)
  console.log(`extension host, MB: bare / with Inkling    live after typing ${live.bare.toFixed(1)} / ${live.inkling.toFixed(1)}: ${(live.inkling - live.bare).toFixed(1)} more`)
  console.log(`  resident, with garbage                   started ${started.bare.toFixed(0)} / ${started.inkling.toFixed(0)}, after typing ${used.bare.toFixed(0)} / ${used.inkling.toFixed(0)}`)
  const folder = path.join(root, 'bench/work')
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'start.json'), JSON.stringify({ ...result, engine, bare, withExtension }, undefined, 2))
}
