import { button, h } from '../dom'
import { photoPalette } from '../pictures/palette'
import { PictureGrid } from '../pictures/pictureGrid'
import { card } from './card'
import { Latest } from './latest'
import { whenDrawn } from './whenDrawn'
import { grouped } from './numbers'
import type { PageContext } from './pageContext'

const shown = 4

/** The same latent vectors through the generator before it had learnt anything, and as it is now. */
export function untrainedCard({ studio, store, theme }: PageContext): HTMLElement {
  const before = new PictureGrid(shown)
  const after = new PictureGrid(shown)
  const nowCaption = h('figcaption', {}, 'now')
  const latest = new Latest()
  let seed = 1
  let pictures: readonly [Uint8Array, Uint8Array] | undefined
  /** The untrained generator never changes: its pictures are drawn once a seed. */
  let untrained: { readonly key: string; readonly pixels: Uint8Array } | undefined

  const show = (): void => {
    if (!pictures) return
    const palette = store.state.open?.pictures === 'own' ? photoPalette : theme.palette
    before.draw(pictures[0], palette, 'Four pictures of the untrained generator: grey noise')
    after.draw(pictures[1], palette, 'The same four after training')
  }
  const redraw = (): void => void latest.run(async (isCurrent) => {
    const { open, step, tab } = store.state
    if (!open || tab !== 'play') return
    const key = `${open.summary.id} ${seed}`
    if (untrained?.key !== key) untrained = { key, pixels: await studio.sampleSeed(seed, shown, undefined, true) }
    const trained = await studio.sampleSeed(seed, shown)
    if (!isCurrent()) return
    pictures = [untrained.pixels, trained]
    nowCaption.textContent = `after ${grouped(step)} steps`
    show()
  })
  store.watch(whenDrawn, redraw)
  theme.onChange(show)
  return card('Before and after', 'An untrained generator draws too: its weights are random, so what comes out is a grey texture, which some call a picture in an art style. The same random numbers give a digit once it is trained.',
    h('div', { class: 'before-after' }, h('figure', {}, before.element, h('figcaption', {}, 'untrained')), h('span', { class: 'arrow codicon codicon-arrow-right', 'aria-hidden': 'true' }), h('figure', {}, after.element, nowCaption)),
    h('div', { class: 'actions' }, button('Others', () => (seed++, redraw()), { icon: 'refresh', secondary: true })),
  )
}
