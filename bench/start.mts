/**
 * npm run bench:start [-- --runs N]
 *
 * What the extension costs an editor, in the real editor: its activation as the editor itself measures it (loading the
 * code and activating), the time from opening a document to the first grey words, and the memory of the extension host
 * with the extension and without it, after the same things were done in both.
 */
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../tools/lib/project.mjs'
import { Editor } from '../test/support/editor'
import { editorProcesses } from './lib/editorProcesses'
import { before, warmUp } from './lib/keystrokeText'
import { median } from './lib/statistics'

const megabyte = 2 ** 20
const settleMs = 4_000

interface Run {
  readonly activationMs?: number | undefined
  readonly firstWordsMs?: number | undefined
  readonly startedMb: number
  readonly usedMb: number
}

const { values } = parseArgs({ options: { runs: { type: 'string', default: '3' } } })
const bare: Run[] = []
const withExtension: Run[] = []
for (let run = 0; run < Number(values.runs); run++) {
  bare.push(await measure(true))
  withExtension.push(await measure(false))
}
report()

async function measure(isBare: boolean): Promise<Run> {
  const editor = await Editor.open({ files: { 'bench.md': `${before}It was then that people began to visit at the end o` }, settings: { 'inkling.suggestions.confidence': 'eager' }, trace: true, bare: isBare })
  try {
    const { workbench, page } = editor
    const hostMb = (): number => editorProcesses(editor.traceFile).filter(({ role }) => role === 'extension host').reduce((sum, { residentBytes }) => sum + residentBytes, 0) / megabyte
    await page.waitForTimeout(settleMs)
    const startedMb = hostMb()
    const began = Date.now()
    await workbench.openFile('bench.md')
    // Asked for by key, so that it does not depend on how sure the model is of this one place.
    await workbench.press('f', 'Alt+Backslash')
    const firstWordsMs = isBare ? undefined : await workbench.waitForGhostText().then(() => Date.now() - began)
    await workbench.type(` the ${warmUp}`, 60)
    await page.waitForTimeout(settleMs)
    return { startedMb, usedMb: hostMb(), firstWordsMs, activationMs: isBare ? undefined : await activationMs(editor) }
  } finally {
    await editor.close()
  }
}

/** As the editor shows it under Running Extensions. */
async function activationMs({ workbench, page }: Editor): Promise<number> {
  await workbench.runCommand('Developer: Show Running Extensions')
  const row = page.locator('.runtime-extensions-editor .monaco-list-row', { hasText: 'Inkling' }).first()
  await row.waitFor()
  return Number(/Activation: ?(\d+) ?ms/i.exec(await row.innerText())?.[1])
}

function report(): void {
  const of = (runs: readonly Run[], name: keyof Run): number => median(runs.flatMap((run) => run[name] ?? []))
  // The rest lies in dist/later and is loaded on first use.
  const bundleKb = statSync(path.join(root, 'dist/extension.js')).size / 1000
  const result = {
    bundleKb, activationMs: of(withExtension, 'activationMs'), firstWordsMs: of(withExtension, 'firstWordsMs'),
    hostMb: { started: { bare: of(bare, 'startedMb'), inkling: of(withExtension, 'startedMb') }, used: { bare: of(bare, 'usedMb'), inkling: of(withExtension, 'usedMb') } },
  }
  const { started, used } = result.hostMb
  console.log(`Medians of ${values.runs} runs.\n`)
  console.log(`main bundle                                ${bundleKb.toFixed(0)} KB`)
  console.log(`activation, as the editor measures it      ${result.activationMs} ms  (${withExtension.map((run) => run.activationMs).join(', ')})`)
  console.log(`document opened to first grey words        ${result.firstWordsMs} ms  (${withExtension.map((run) => run.firstWordsMs).join(', ')})`)
  console.log(`extension host, MB: bare / with Inkling    started ${started.bare.toFixed(0)} / ${started.inkling.toFixed(0)}, after typing ${used.bare.toFixed(0)} / ${used.inkling.toFixed(0)}: ${(used.inkling - used.bare).toFixed(0)} more`)
  const folder = path.join(root, 'bench/work')
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, 'start.json'), JSON.stringify({ ...result, bare, withExtension }, undefined, 2))
}
