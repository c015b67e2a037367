import type { RunSummary } from '../../src/gan/runs'
import { presetOf } from '../../src/gan/settings'
import { curvesOf } from '../export/curvesOf'
import { kerasFiles } from '../export/keras'
import { layersModelFiles } from '../export/layersModel'
import { button, h, iconButton, setText } from '../dom'
import { card } from './card'
import { LineChart, type Line } from './lineChart'
import { grouped } from './numbers'
import type { PageContext } from './pageContext'
import { presetWords } from './welcome'

const colors = ['blue', 'yellow', 'green', 'purple', 'red', 'orange']
const fallbacks = ['#3794ff', '#cca700', '#89d185', '#b180d7', '#f14c4c', '#d18616']

/** All runs that are kept, what can be done with them, and their curves side by side. */
export function runs(page: PageContext): HTMLElement {
  const { store } = page
  const list = h('ul', { class: 'runs' })
  const empty = h('p', { class: 'empty' }, 'No run yet.')
  const compared = new Set<string>()
  const comparison = compare(page, compared)
  store.watch(
    ({ runs: all, open }) => [all, open?.summary.id],
    (all, openId) => {
      empty.hidden = all.length > 0
      for (const id of [...compared]) if (!all.some((run) => run.id === id)) compared.delete(id)
      list.replaceChildren(...all.map((run) => row(page, run, run.id === openId, compared, comparison.update)))
    },
  )
  return h('div', { class: 'runs-tab' }, card('Runs', 'Every run is kept in the editor’s storage with its newest checkpoint and goes on exactly where it stopped.', empty, list), comparison.element, takeAlong(page))
}

function row(page: PageContext, run: RunSummary, isOpen: boolean, compared: Set<string>, update: () => void): HTMLElement {
  const { studio, store, goTo } = page
  const name = h('input', { type: 'text', class: 'run-name', value: run.name, maxlength: '80', 'aria-label': `Name of the run “${run.name}”` })
  const rename = (): void => {
    const wanted = name.value.trim()
    if (wanted === '') name.value = run.name
    else if (wanted !== run.name) void studio.renameRun(run, wanted)
  }
  name.addEventListener('change', rename)
  const preset = presetOf(run.settings)
  const facts = [
    `step ${grouped(run.step)} of ${grouped(run.settings.steps)}`,
    preset ? presetWords[preset].title : 'own settings',
    new Date(run.createdAt).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' }),
  ].join(' · ')
  const compareBox = h('input', { type: 'checkbox', 'aria-label': `Compare “${run.name}”`, title: 'Compare its curves' })
  compareBox.checked = compared.has(run.id)
  compareBox.addEventListener('change', () => {
    if (compareBox.checked) compared.add(run.id)
    else compared.delete(run.id)
    update()
  })
  const open = async (): Promise<void> => {
    goTo('watch')
    await studio.openRun(run)
  }
  return h('li', { class: isOpen ? 'run open' : 'run' },
    compareBox,
    h('div', { class: 'run-text' }, name, h('span', { class: 'hint' }, facts)),
    h('div', { class: 'actions' },
      isOpen ? h('span', { class: 'state' }, 'open') : button('Open', () => void open(), { icon: 'folder-opened', secondary: true }),
      iconButton('copy', `New run with the settings of “${run.name}”`, () => (store.update({ draft: run.settings }), goTo('settings'))),
      iconButton('file-symlink-directory', `Show the files of “${run.name}”`, () => void studio.revealRun(run)),
      iconButton('trash', `Delete “${run.name}”`, () => void studio.deleteRun(run)),
    ),
  )
}

/** Curves of the ticked runs in one chart each. */
function compare({ studio, store, theme }: PageContext, compared: ReadonlySet<string>): { readonly element: HTMLElement; readonly update: () => void } {
  const charts = h('div', { class: 'two-charts' })
  const note = h('p', { class: 'hint' })
  const element = card('Compare', 'Tick runs in the list to lay their curves over each other.', note, charts)
  element.hidden = true
  let asked = 0
  const update = (): void => {
    const mine = ++asked
    const chosen = store.state.runs.filter(({ id }) => compared.has(id)).slice(0, colors.length)
    element.hidden = chosen.length === 0
    if (chosen.length === 0) return
    setText(note, 'Reading…')
    void studio.attempt(undefined, async () => {
      const read = await Promise.all(chosen.map(async (run) => ({ run, curves: curvesOf(await studio.checkpointOf(run)) })))
      if (mine !== asked) return
      const lines: Line[] = read.map(({ run }, i) => ({ label: run.name, color: `--vscode-charts-${colors[i] ?? 'blue'}`, fallback: fallbacks[i] ?? '#888888' }))
      const loss = new LineChart({ label: 'Generator’s loss of each run', height: 200, lines }, theme)
      const distance = new LineChart({ label: 'Distance to real digits of each run', height: 200, logarithmic: true, lines: lines.map((line) => ({ ...line, dots: true })) }, theme)
      charts.replaceChildren(h('figure', {}, h('figcaption', {}, 'Generator’s loss'), loss.element), h('figure', {}, h('figcaption', {}, 'Distance to real digits'), distance.element))
      loss.set(join(read.map(({ curves }) => curves.loss)), '')
      distance.set(join(read.map(({ curves }) => curves.distance)), '')
      setText(note, read.some(({ curves }) => curves.loss.length === 0) ? 'A run without a checkpoint has no curves yet.' : '')
    })
  }
  return { element, update }
}

/** Lines with steps of their own on one axis. */
function join(lines: readonly (readonly (readonly [number, number])[])[]): (number | null)[][] {
  const steps = [...new Set(lines.flatMap((line) => line.map(([step]) => step)))].sort((a, b) => a - b)
  const values = lines.map((line) => {
    const known = new Map(line)
    return steps.map((step) => known.get(step) ?? null)
  })
  return [steps, ...values]
}

/** The open run as files for elsewhere. */
function takeAlong({ studio, store }: PageContext): HTMLElement {
  const element = card(
    'Take the open run along',
    'Weights and curves in forms that other programs read.',
    h('div', { class: 'exports' },
      entry('Curves (CSV)', 'For a spreadsheet: losses and accuracies step by step.', () => studio.export('csv', async () => [{ name: 'curves.csv', bytes: new TextEncoder().encode(curvesOf(await studio.snapshot()).csv) }])),
      entry('TensorFlow.js model', 'The generator as a layers model for tf.loadLayersModel.', () => studio.export('layers-model', async () => layersModelFiles(await studio.snapshot()))),
      entry('Keras script', 'A Python script with weights and optimizer state that continues this run on TensorFlow: on a graphics card, or in a cluster.', () => studio.export('keras', async () => kerasFiles(await studio.snapshot()))),
    ),
  )
  store.watch(({ open }) => [open === undefined], (none) => (element.hidden = none))
  return element
}

function entry(label: string, text: string, act: () => Promise<void>): HTMLElement {
  return h('div', { class: 'export' }, button(label, () => void act(), { icon: 'export', secondary: true }), h('span', { class: 'hint' }, text))
}
