import { digitCount } from '../../src/gan/network'
import { drawSamples, walk } from '../../src/gan/sampling'
import { encodeFilm } from '../export/gif'
import { button, h, iconButton, setAttribute } from '../dom'
import { photoPalette, printPalette } from '../pictures/palette'
import { PictureGrid } from '../pictures/pictureGrid'
import { makeSheet } from '../pictures/sheet'
import { card } from './card'
import { Latest } from './latest'
import { whenDrawn } from './whenDrawn'
import type { PageContext } from './pageContext'

/** Pictures drawn ahead between the two ends: the slider then answers at once. */
const stops = 33
const frameMs = 60

/** From one latent vector to another, picture by picture. */
export function latentWalkCard({ studio, store, theme }: PageContext): HTMLElement {
  const between = new PictureGrid(1)
  const way = new PictureGrid(9, 1)
  const digit = h('select', { id: 'walk-digit', 'aria-label': 'Digit' }, ...Array.from({ length: digitCount }, (_, value) => h('option', { value: String(value), selected: value === 3 }, String(value))))
  const digitField = h('label', { class: 'field' }, 'Digit', digit)
  const slider = h('input', { type: 'range', min: '0', max: String(stops - 1), value: '0', id: 'walk', 'aria-label': 'Position between the two pictures' })
  const playButton = iconButton('play-circle', 'Play the walk', () => (timer === undefined ? start() : stop()))
  const latest = new Latest()
  let seeds: [number, number] = [11, 12]
  let pictures: Uint8Array | undefined
  let timer: ReturnType<typeof setInterval> | undefined

  const picture = (index: number): Uint8Array => (pictures ?? new Uint8Array()).subarray(index * 784, (index + 1) * 784)
  const palette = (): typeof printPalette => (store.state.open?.pictures === 'own' ? photoPalette : theme.palette)
  const show = (): void => {
    if (!pictures) return
    const at = Number(slider.value)
    setAttribute(slider, 'aria-valuetext', `${Math.round((100 * at) / (stops - 1))} % of the way`)
    between.draw(picture(at), palette(), 'The picture at this place of the walk')
    const shown = new Uint8Array(9 * 784)
    for (let i = 0; i < 9; i++) shown.set(picture(Math.round((i * (stops - 1)) / 8)), i * 784)
    way.draw(shown, palette(), 'Nine pictures along the walk')
  }
  const redraw = (): void => void latest.run(async (isCurrent) => {
    const { open, tab } = store.state
    if (!open || tab !== 'play') return
    const [a, b] = seeds.map((seed) => drawSamples(open.settings, seed, 1))
    if (!a || !b) return
    const labels = open.settings.conditional ? new Uint8Array(stops).fill(Number(digit.value)) : undefined
    const pixels = await studio.sample(walk(a.latents, b.latents, stops), labels, a.weights)
    if (!isCurrent()) return
    pictures = pixels
    show()
  })
  let direction = 1
  const start = (): void => {
    setPlaying(true)
    timer = setInterval(() => {
      const at = Number(slider.value) + direction
      if (at < 0 || at >= stops) direction = -direction
      slider.value = String(Number(slider.value) + direction)
      show()
    }, frameMs)
  }
  const stop = (): void => {
    clearInterval(timer)
    timer = undefined
    setPlaying(false)
  }
  const setPlaying = (playing: boolean): void => {
    playButton.replaceChildren(h('span', { class: `codicon codicon-${playing ? 'stop-circle' : 'play-circle'}`, 'aria-hidden': 'true' }))
    setAttribute(playButton, 'aria-label', playing ? 'Stop the walk' : 'Play the walk')
  }
  const film = (): Uint8Array => {
    const there = Array.from({ length: stops }, (_, i) => makeSheet(picture(i), { columns: 1, scale: 6, gap: 0 }))
    return encodeFilm([...there, ...there.slice(1, -1).reverse()], { palette: store.state.open?.pictures === 'own' ? photoPalette : printPalette, frameMs, lastMs: frameMs })
  }
  slider.addEventListener('input', () => (stop(), show()))
  digit.addEventListener('change', redraw)
  store.watch(whenDrawn, redraw)
  store.watch(({ open }) => [open?.settings.conditional], (conditional) => (digitField.hidden = conditional !== true))
  store.watch(({ open }) => [open === undefined], (none) => none && stop())
  theme.onChange(show)
  return card('A walk between two pictures', 'Every picture comes from 100 random numbers: a point in a space. Between two points lie others, and each is a picture too. That the pictures on the way are digits as well shows that the generator has not learnt pictures by heart.',
    h('div', { class: 'walk' }, h('div', { class: 'walk-picture' }, between.element), h('div', { class: 'walk-way' }, way.element, h('div', { class: 'time' }, playButton, slider))),
    h('div', { class: 'actions' },
      digitField,
      button('Other Start', () => ((seeds = [seeds[0] + 2, seeds[1]]), redraw()), { icon: 'refresh', secondary: true }),
      button('Other End', () => ((seeds = [seeds[0], seeds[1] + 2]), redraw()), { icon: 'refresh', secondary: true }),
      button('Film (GIF)', () => void studio.export('gif', async () => [{ name: 'walk.gif', bytes: film() }]), { icon: 'device-camera-video', secondary: true }),
    ),
  )
}
