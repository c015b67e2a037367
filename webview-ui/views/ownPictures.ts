import { packDataset } from '../../src/gan/dataset'
import { imageSize } from '../../src/gan/network'
import { button, h, setText } from '../dom'
import { photoPalette } from '../pictures/palette'
import { PictureGrid } from '../pictures/pictureGrid'
import type { TakenPictures } from '../pictures/takePictures'
import { grouped } from './numbers'
import type { PageContext } from './pageContext'

/** Cropped pictures shown at once. */
const previewed = 60
/** Fewer than this, and there is nothing to learn but these very pictures. */
const few = 100

export interface OwnPictures {
  readonly element: HTMLElement
  /** Packed; undefined: MNIST. */
  pictures: Uint8Array | undefined
  onChange: () => void
}

/** MNIST, or pictures of the user's own with a look at how they were cropped. */
export function ownPicturesChoice({ studio }: PageContext): OwnPictures {
  const grid = new PictureGrid(20)
  const summary = h('p', { class: 'hint', role: 'status' }, 'MNIST: 60,000 handwritten digits.')
  const refusals = h('ul', { class: 'refused' })
  const preview = h('div', { class: 'frame', hidden: true }, grid.element)
  const back = button('Use MNIST Again', () => reset(), { secondary: true })
  back.hidden = true
  const choose = button('Use My Own Images…', () => void ask(), { icon: 'file-media', secondary: true, id: 'own-images' })
  const result: OwnPictures = {
    element: h('div', { class: 'own' }, h('div', { class: 'field' }, h('span', {}, 'Learn from'), h('div', { class: 'actions' }, choose, back)), summary, preview, refusals),
    pictures: undefined,
    onChange: () => {},
  }

  function reset(): void {
    result.pictures = undefined
    preview.hidden = back.hidden = true
    refusals.replaceChildren()
    setText(summary, 'MNIST: 60,000 handwritten digits.')
    result.onChange()
  }
  async function ask(): Promise<void> {
    const before = summary.textContent ?? ''
    choose.disabled = true
    const taken = await studio.takePictures((done, count) => setText(summary, `Reading ${grouped(done)} of ${grouped(count)}…`))
    choose.disabled = false
    if (taken) show(taken)
    else setText(summary, before)
  }
  function show({ count, pixels, refused }: TakenPictures): void {
    if (count === 0) reset()
    refusals.replaceChildren(...refused.slice(0, 20).map((text) => h('li', {}, text)), ...(refused.length > 20 ? [h('li', {}, `… and ${grouped(refused.length - 20)} more.`)] : []))
    if (count === 0) return setText(summary, 'None of these could be read: MNIST stays.')
    result.pictures = packDataset({ count, pixels, labels: undefined })
    grid.draw(pixels.subarray(0, previewed * imageSize), photoPalette, `The first ${Math.min(previewed, count)} pictures, cropped to 28 × 28 grey pixels`)
    preview.hidden = back.hidden = false
    const warning = count < few ? ' With so few the networks will learn them by heart.' : ''
    setText(summary, `${grouped(count)} pictures, cropped to the square in their middle and shrunk to 28 × 28 grey pixels${refused.length > 0 ? `; ${grouped(refused.length)} refused` : ''}.${warning}`)
    result.onChange()
  }
  return result
}
