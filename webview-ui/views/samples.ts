import { button, h, iconButton, setAttribute, setText } from '../dom'
import { photoPalette, printPalette } from '../pictures/palette'
import { PictureGrid } from '../pictures/pictureGrid'
import { encodeSheet } from '../export/png'
import { encodeFilm } from '../export/gif'
import { makeSheet } from '../pictures/sheet'
import { card } from './card'
import { lossChart } from './charts'
import { grouped } from './numbers'
import type { PageContext } from './pageContext'

/** Milliseconds a frame of the film through the training. */
const filmFrameMs = 80

const explanation =
  'Always the same 40 latent vectors, drawn again as training goes on. Drag the slider to go back in time. In “digits to order” every column asks for one digit, 0 to 9.'

/** The samples of the fixed latents with a slider through time, and real pictures beside. */
export function samples(page: PageContext): HTMLElement {
  const { store, theme, studio } = page
  const drawn = new PictureGrid(10)
  const real = new PictureGrid(10)
  const slider = h('input', { type: 'range', min: '0', max: '0', value: '0', step: '1', id: 'time', 'aria-label': 'Training step of the pictures shown' })
  const caption = h('span', { class: 'time-step' })
  const play = iconButton('play-circle', 'Play the training as a film', () => (film === undefined ? startFilm() : stopFilm()))
  /** undefined: the newest, whatever it is. */
  let chosen: number | undefined
  let film: ReturnType<typeof setInterval> | undefined

  const draw = (): void => {
    const { frames, open } = store.state
    const palette = open?.pictures === 'own' ? photoPalette : theme.palette
    const last = frames.length - 1
    const index = Math.min(chosen ?? last, last)
    const frame = frames[index]
    slider.max = String(Math.max(0, last))
    slider.value = String(Math.max(0, index))
    slider.disabled = last < 1
    play.disabled = last < 1
    const words = frame ? `Step ${grouped(frame.step)}` : 'No picture yet'
    setText(caption, words)
    setAttribute(slider, 'aria-valuetext', words)
    if (frame) drawn.draw(frame.pixels, palette, `40 pictures that the generator draws at step ${frame.step}`)
    else drawn.clear()
  }
  const drawReal = (): void => {
    const { realPixels, open } = store.state
    if (realPixels) real.draw(realPixels, open?.pictures === 'own' ? photoPalette : theme.palette, '40 real pictures')
  }
  const startFilm = (): void => {
    chosen = 0
    setPlaying(true)
    film = setInterval(() => {
      const last = store.state.frames.length - 1
      if ((chosen ?? last) >= last) return stopFilm()
      chosen = (chosen ?? 0) + 1
      draw()
    }, filmFrameMs)
    draw()
  }
  const stopFilm = (): void => {
    clearInterval(film)
    film = undefined
    chosen = undefined
    setPlaying(false)
    draw()
  }
  const setPlaying = (playing: boolean): void => {
    play.replaceChildren(h('span', { class: `codicon codicon-${playing ? 'stop-circle' : 'play-circle'}`, 'aria-hidden': 'true' }))
    setAttribute(play, 'aria-label', playing ? 'Stop the film' : 'Play the training as a film')
  }
  slider.addEventListener('input', () => {
    clearInterval(film)
    film = undefined
    setPlaying(false)
    const at = Number(slider.value)
    chosen = at >= store.state.frames.length - 1 ? undefined : at
    draw()
  })
  store.watch(({ frames, open }) => [frames, open], draw)
  store.watch(({ realPixels, open }) => [realPixels, open], drawReal)
  store.watch(({ open }) => [open?.summary.id], () => (chosen = undefined))
  theme.onChange(() => (draw(), drawReal()))

  const shown = (): Uint8Array => {
    const { frames } = store.state
    return frames[Math.min(chosen ?? frames.length - 1, frames.length - 1)]?.pixels ?? new Uint8Array()
  }
  const palette = (): typeof printPalette => (store.state.open?.pictures === 'own' ? photoPalette : printPalette)
  const sheet = (): Uint8Array => encodeSheet(makeSheet(shown(), { columns: 10, scale: 4, gap: 8 }), palette())
  const insert = button('Insert into Document', () => void studio.insertPicture(sheet(), 'digits that a neural network drew'), { icon: 'insert', id: 'insert-samples', secondary: true, title: 'Put these pictures beside the document you last wrote in, and the link at its caret' })
  const png = button('PNG', () => void studio.export('png', async () => [{ name: 'samples.png', bytes: sheet() }]), { icon: 'file-media', id: 'export-png', secondary: true, title: 'Save these pictures' })
  const gif = button('Film (GIF)', () => void studio.export('gif', async () => [{ name: 'training.gif', bytes: encodeFilm(store.state.frames.map(({ pixels }) => makeSheet(pixels, { columns: 10, scale: 2, gap: 4 })), { palette: palette(), frameMs: 120, lastMs: 2000 }) }]), { icon: 'device-camera-video', id: 'export-gif', secondary: true, title: 'Save the training as an animation' })

  return h('div', { class: 'samples' },
    card('What the generator draws', explanation,
      h('div', { class: 'frame' }, drawn.element),
      h('div', { class: 'time' }, play, slider, caption),
      h('div', { class: 'actions' }, insert, png, gif),
    ),
    h('div', { class: 'beside' }, card('What people wrote', 'Real pictures from the training set, for comparison. The generator never sees them.', h('div', { class: 'frame' }, real.element)), lossChart(page)),
  )
}
