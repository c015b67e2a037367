import { InklingError } from '../../src/base/errors'
import { expectation, fields, parseSettings, presetNames, presetOf, presets, type TrainingSettings } from '../../src/gan/settings'
import { backendName, measureOrder, stepTime } from '../backendChoice'
import { button, h, setAttribute, setText } from '../dom'
import { ownPicturesChoice } from './ownPictures'
import { card } from './card'
import type { PageContext } from './pageContext'
import { runName } from './runName'
import { fieldWords, groups, readField, showField, type FieldName } from './settingFields'
import { presetWords } from './welcome'

/** The form for a new run and, for the run that is open, what may change while it trains. */
export function settings(page: PageContext): HTMLElement {
  return h('div', { class: 'settings' }, newRun(page), thisRun(page), backendCard(page))
}

function newRun(page: PageContext): HTMLElement {
  const { store, studio, goTo } = page
  const form = new SettingsForm('new')
  const own = ownPicturesChoice(page)
  const name = h('input', { type: 'text', id: 'new-name', maxlength: '80' })
  const presetButtons = presetNames.toReversed().map((preset) =>
    h('button', { type: 'button', class: 'choice', 'aria-pressed': 'false', on: { click: () => form.show(presets[preset]) } }, h('strong', {}, presetWords[preset].title), h('span', {}, presetWords[preset].text)),
  )
  const problem = h('p', { class: 'problem', role: 'alert' })
  const start = button('Train', () => void begin(), { icon: 'play', id: 'train-new' })
  form.onChange = () => {
    const value = form.value()
    const preset = value && presetOf(value)
    presetNames.toReversed().forEach((candidate, i) => presetButtons[i] && setAttribute(presetButtons[i], 'aria-pressed', candidate === preset ? 'true' : 'false'))
    const conflict = value?.conditional && own.pictures ? InklingError.of('gan-dataset-unlabelled', {}) : undefined
    setText(problem, form.problem ?? (conflict ? `${conflict.message} ${conflict.remedy.hint}` : ''))
    start.disabled = value === undefined || conflict !== undefined
    name.placeholder = runName(preset ? presetWords[preset].title : 'Own settings', store.state.runs)
  }
  own.onChange = () => {
    // Pictures of one's own have no digits: the preset that asks for none is the one that works.
    const value = form.value()
    if (own.pictures && value?.conditional) form.show({ ...value, conditional: false })
    form.onChange()
  }
  async function begin(): Promise<void> {
    const value = form.value()
    if (!value) return
    goTo('watch')
    await studio.createRun(name.value.trim() || name.placeholder, value, own.pictures)
  }
  store.watch(({ draft }) => [draft], (draft) => form.show(draft))
  store.watch(({ runs }) => [runs], () => form.onChange())
  const details = h('details', {}, h('summary', {}, 'Every setting'), form.element)
  return card('New run', 'A run begins with random networks and keeps its shape for life. What it learns from, how large the networks are, and how fast they learn is decided here. “As in the article” is the loop as it was meant: in today’s Keras the original script never trains its discriminator at all, because “trainable = False” counts whenever it trains, whatever the order of “compile”.',
    h('div', { class: 'choices', role: 'group', 'aria-label': 'Preset' }, ...presetButtons),
    h('label', { class: 'field' }, 'Name', name),
    own.element,
    details,
    problem,
    h('div', { class: 'actions' }, start),
  )
}

function thisRun({ store, studio }: PageContext): HTMLElement {
  const form = new SettingsForm('live')
  const problem = h('p', { class: 'problem', role: 'alert' })
  const apply = button('Apply', () => void act(), { icon: 'check', id: 'apply-settings' })
  async function act(): Promise<void> {
    const value = form.value()
    if (value) await studio.change(value)
  }
  form.onChange = () => {
    setText(problem, form.problem ?? '')
    apply.disabled = form.value() === undefined
  }
  const element = card('This run', 'Some settings take effect with the next step. Others shape the networks or the random numbers of the run; they stay as they are, and a new run can have others.', form.element, problem, h('div', { class: 'actions' }, apply))
  store.watch(
    ({ open }) => [open?.settings],
    (current) => {
      element.hidden = current === undefined
      if (current) form.show(current)
    },
  )
  return element
}

function backendCard({ store, studio }: PageContext): HTMLElement {
  const select = h('select', { id: 'backend' }, h('option', { value: '' }, 'The fastest measured'), ...measureOrder.map((backend) => h('option', { value: backend }, backendName(backend))))
  const list = h('ul', { class: 'measuring' })
  select.addEventListener('change', () => void studio.preferBackend(measureOrder.find((backend) => backend === select.value)))
  store.watch(
    ({ preferences }) => [preferences],
    ({ backend, measured }) => {
      select.value = backend ?? ''
      const slowLast = measured.toSorted((a, b) => (a.stepMs ?? Number.MAX_VALUE) - (b.stepMs ?? Number.MAX_VALUE))
      list.replaceChildren(...slowLast.map(({ backend: name, stepMs, reason }) =>
        h('li', { class: stepMs === undefined ? 'failed' : 'done' }, h('span', {}, backendName(name)), h('span', {}, stepMs === undefined ? 'not available' : stepTime(stepMs)), h('span', { class: 'hint' }, reason))))
    },
  )
  return card('Where it is computed', 'ONNX Runtime and TensorFlow train in a process of their own, the others inside this panel: WebGPU and WebGL on the graphics processor, WebAssembly and JavaScript on one thread of the processor. Which is fastest depends on the machine, so it is measured once with real steps. Another choice counts from the next run that is opened.',
    h('label', { class: 'field' }, 'Backend', select), list,
    h('div', { class: 'actions' }, button('Measure Again', () => void studio.measureAgain(store.state.draft), { icon: 'dashboard', secondary: true })),
  )
}

/** Every field with its bounds, checked as it is typed. */
class SettingsForm {
  readonly element: HTMLElement
  problem: string | undefined
  onChange: () => void = () => {}
  private readonly inputs = new Map<FieldName, HTMLInputElement>()
  private readonly hints = new Map<FieldName, HTMLElement>()

  constructor(private readonly mode: 'new' | 'live') {
    this.element = h('div', { class: 'fields' }, ...groups.map(({ title, names }) => h('fieldset', {}, h('legend', {}, title), ...names.map((name) => this.field(name)))))
  }

  show(value: TrainingSettings): void {
    for (const [name, input] of this.inputs) showField(input, value[name])
    this.check()
  }

  /** undefined when a field is not right. */
  value(): TrainingSettings | undefined {
    try {
      return parseSettings(Object.fromEntries([...this.inputs].map(([name, input]) => [name, readField(fields[name], input)])))
    } catch {
      return undefined
    }
  }

  private check(): void {
    this.problem = undefined
    for (const [name, input] of this.inputs) {
      const right = isRight(name, input)
      if (!right) this.problem ??= `${fieldWords[name].label}: ${expectation(fields[name])}.`
      setAttribute(input, 'aria-invalid', right ? 'false' : 'true')
      const hint = this.hints.get(name)
      if (hint) setText(hint, right ? '' : expectation(fields[name]))
    }
    this.onChange()
  }

  private field(name: FieldName): HTMLElement {
    const { label, text } = fieldWords[name]
    const { kind, change } = fields[name]
    const id = `${this.mode}-${name}`
    const fixed = this.mode === 'live' && change === 'new-run'
    const input = h('input', { id, type: kind === 'boolean' ? 'checkbox' : 'text', disabled: fixed, spellcheck: 'false', 'aria-describedby': `${id}-text ${id}-hint`, on: { input: () => this.check(), change: () => this.check() } })
    const hint = h('span', { class: 'problem', id: `${id}-hint` })
    this.inputs.set(name, input)
    this.hints.set(name, hint)
    return h('div', { class: fixed ? 'setting fixed' : 'setting' }, h('label', { for: id }, label), input, h('span', { class: 'hint', id: `${id}-text` }, fixed ? 'Fixed for the life of a run.' : text), hint)
  }
}

function isRight(name: FieldName, input: HTMLInputElement): boolean {
  try {
    parseSettings({ ...presets.stable, [name]: readField(fields[name], input) })
    return true
  } catch {
    return false
  }
}
