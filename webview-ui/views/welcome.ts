import { presets, type PresetName } from '../../src/gan/settings'
import { h, icon } from '../dom'
import { PictureGrid } from '../pictures/pictureGrid'
import type { PageContext } from './pageContext'
import { runName } from './runName'

interface PresetWords {
  readonly title: string
  readonly text: string
}

export const presetWords: Readonly<Record<PresetName, PresetWords>> = {
  digits: { title: 'Digits to order', text: 'Learns which digit is which, so that you can type 1957 and have it drawn. The best place to start.' },
  stable: { title: 'Stable', text: 'Draws whatever digit it likes. The settings are chosen so that training keeps its balance.' },
  article: { title: 'As in the article', text: 'The settings of many a first tutorial. It fails within minutes, and the Studio shows how and why.' },
}

const order: readonly PresetName[] = ['digits', 'stable', 'article']

/** What someone sees who has no run open. */
export function welcome(page: PageContext): HTMLElement {
  const { store, theme } = page
  const real = new PictureGrid(10)
  const choices = order.map((name) => presetChoice(page, name))
  const section = h(
    'section',
    { class: 'welcome' },
    h('div', { class: 'welcome-text' },
      h('h2', {}, 'Teach two networks to write digits'),
      h('p', {}, 'One network draws, from nothing but random numbers. The other looks at a picture and says whether a person wrote it or the first network did. Each learns from the other’s mistakes. After a few minutes on this machine the drawings pass for handwriting: these, which people wrote.'),
    ),
    h('div', { class: 'welcome-pictures' }, real.element),
    h('div', { class: 'presets' }, ...choices),
  )
  const draw = (): void => {
    const { realPixels } = store.state
    if (realPixels) real.draw(realPixels.subarray(0, 20 * 784), theme.palette, 'Twenty digits written by people')
  }
  store.watch(({ realPixels }) => [realPixels], draw)
  theme.onChange(draw)
  store.watch(
    ({ busy, ready }) => [busy, ready],
    (busy, ready) => {
      for (const choice of choices) choice.disabled = busy !== undefined || !ready
    },
  )
  return section
}

function presetChoice({ studio, store }: PageContext, name: PresetName): HTMLButtonElement {
  const { title, text } = presetWords[name]
  return h(
    'button',
    { type: 'button', class: 'preset', id: `train-${name}`, on: { click: () => void studio.createRun(runName(title, store.state.runs), presets[name]) } },
    h('span', { class: 'preset-title' }, icon('play'), title),
    h('span', { class: 'preset-text' }, text),
    h('span', { class: 'preset-go' }, `Train ${presets[name].steps.toLocaleString('en')} steps`),
  )
}
