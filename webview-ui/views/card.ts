import { h, icon, setAttribute } from '../dom'

let numbered = 0

/** A titled part of the page, with an explanation one click away. */
export function card(title: string, explanation: string | undefined, ...children: readonly (Node | string | undefined)[]): HTMLElement {
  const id = `card-${++numbered}`
  const heading = h('h2', { id }, title)
  const head = h('header', {}, heading)
  const section = h('section', { class: 'card', 'aria-labelledby': id }, head)
  if (explanation !== undefined) {
    const text = h('p', { class: 'explanation', id: `${id}-more`, hidden: true }, explanation)
    const more = h('button', { type: 'button', class: 'icon-button', 'aria-expanded': 'false', 'aria-controls': `${id}-more`, 'aria-label': `What is “${title}”?`, title: 'Explain this' }, icon('question'))
    more.addEventListener('click', () => {
      text.hidden = !text.hidden
      setAttribute(more, 'aria-expanded', text.hidden ? 'false' : 'true')
    })
    head.append(more)
    section.append(text)
  }
  for (const child of children) if (child !== undefined) section.append(child)
  return section
}
