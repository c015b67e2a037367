import { h } from '../dom'
import { digitsToOrderCard } from './digitsToOrder'
import { latentWalkCard } from './latentWalk'
import type { PageContext } from './pageContext'
import { untrainedCard } from './untrained'

/** What can be done with a generator besides training it. */
export function play(page: PageContext): HTMLElement {
  const cards = h('div', { class: 'play' }, digitsToOrderCard(page), latentWalkCard(page), untrainedCard(page))
  const nothing = h('p', { class: 'empty' }, 'Train or open a run first: then its generator draws here.')
  page.store.watch(
    ({ open }) => [open === undefined],
    (none) => {
      cards.hidden = none
      nothing.hidden = !none
    },
  )
  return h('div', {}, nothing, cards)
}
