import { imageSize } from '../../src/gan/network'
import { digitsToOrder } from '../../src/gan/sampling'
import { encodeSheet } from '../export/png'
import { button, h, iconButton } from '../dom'
import { printPalette } from '../pictures/palette'
import { PictureGrid } from '../pictures/pictureGrid'
import { makeSheet } from '../pictures/sheet'
import { card } from './card'
import type { PageContext } from './pageContext'
import { Latest } from './latest'
import { whenDrawn } from './whenDrawn'

const longest = 16

/** Type 1957, see 1957 drawn: text to image at MNIST's scale. */
export function digitsToOrderCard({ studio, store, theme }: PageContext): HTMLElement {
  const grid = new PictureGrid(longest, 1)
  const input = h('input', { type: 'text', inputmode: 'numeric', maxlength: String(longest), value: '1957', id: 'digits', class: 'digits', spellcheck: 'false', autocomplete: 'off' })
  const hint = h('p', { class: 'hint', id: 'digits-hint' })
  input.setAttribute('aria-describedby', 'digits-hint')
  const latest = new Latest()
  let seed = 1
  let drawn: Uint8Array | undefined
  let drawnText = ''

  const redraw = (): void => void latest.run(async (isCurrent) => {
    const { open, tab } = store.state
    if (tab !== 'play' || !open?.settings.conditional || !/^[0-9]+$/.test(input.value)) return
    const digits = digitsToOrder(open.settings, input.value)
    const pixels = await studio.sampleSeed(seed, digits.length, digits)
    if (!isCurrent()) return
    ;[drawn, drawnText] = [pixels, input.value]
    show()
  })
  const show = (): void => {
    if (!drawn) return
    grid.element.style.setProperty('--count', String(drawn.length / imageSize))
    grid.draw(drawn, theme.palette, `The digits ${drawnText}, drawn by the generator`)
  }
  const sheet = (): Uint8Array => encodeSheet(makeSheet(drawn ?? new Uint8Array(imageSize), { columns: longest, scale: 4, gap: 0 }), printPalette)
  const today = (): void => {
    input.value = new Date().toISOString().slice(0, 10).replaceAll('-', '')
    redraw()
  }
  const controls = h('div', { class: 'actions' },
    button('Other Handwriting', () => (seed++, redraw()), { icon: 'refresh', secondary: true, id: 'digits-again' }),
    button('Today’s Date', today, { icon: 'calendar', secondary: true }),
    button('Insert into Document', () => void studio.insertPicture(sheet(), `digits ${drawnText}`), { icon: 'insert', id: 'insert-digits' }),
    button('PNG', () => void studio.export('png', async () => [{ name: `digits-${drawnText}.png`, bytes: sheet() }]), { icon: 'file-media', secondary: true }),
  )
  input.addEventListener('input', () => {
    const digitsOnly = input.value.replace(/[^0-9]/g, '')
    if (digitsOnly !== input.value) input.value = digitsOnly
    redraw()
  })
  const form = h('div', {}, h('div', { class: 'order' }, h('label', { for: 'digits' }, 'Draw'), input, iconButton('clear-all', 'Clear', () => ((input.value = ''), input.focus()))), h('div', { class: 'order-result' }, grid.element), controls)
  store.watch(
    ({ open }) => [open?.settings.conditional],
    (conditional) => {
      form.hidden = conditional === false
      hint.textContent = conditional === false ? 'This run never learnt which digit is which. Train one with “Digits to order”.' : ''
    },
  )
  // Drawn again as the generator improves, but no more often than frames come.
  store.watch(whenDrawn, redraw)
  theme.onChange(show)
  return card('Digits to order', 'The generator gets, beside its random numbers, the digit you ask for. That is what text-to-image models do with a sentence, at the scale of ten words and 784 pixels.', hint, form)
}
