import { h, setAttribute } from '../dom'
import type { TabName } from '../studioState'
import { charts } from './charts'
import { game } from './game'
import { header } from './header'
import { messages } from './messages'
import type { PageContext } from './pageContext'
import { play } from './play'
import { runs } from './runs'
import { samples } from './samples'
import { settings } from './settings'
import { welcome } from './welcome'

const tabs: readonly { readonly name: TabName; readonly title: string; readonly view: (page: PageContext) => HTMLElement }[] = [
  { name: 'watch', title: 'Watch', view: watch },
  { name: 'play', title: 'Play', view: play },
  { name: 'runs', title: 'Runs', view: runs },
  { name: 'settings', title: 'Settings', view: settings },
]

/** The whole page: the run's header, what there is to say, and one of the tabs. */
export function page(context: PageContext): HTMLElement {
  const { store, goTo } = context
  const buttons = tabs.map(({ name, title }) => h('button', { type: 'button', role: 'tab', class: 'tab', id: `tab-${name}`, 'aria-controls': `panel-${name}`, on: { click: () => goTo(name) } }, title))
  const panels = tabs.map(({ name, view }) => h('div', { role: 'tabpanel', class: 'panel', id: `panel-${name}`, 'aria-labelledby': `tab-${name}` }, view(context)))
  const list = h('div', { role: 'tablist', class: 'tabs', 'aria-label': 'Parts of the Studio' }, ...buttons)
  // Arrow keys move between tabs, as the pattern for tab lists has it.
  list.addEventListener('keydown', (event) => {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    const at = tabs.findIndex(({ name }) => name === store.state.tab)
    const next = event.key === 'Home' ? 0 : event.key === 'End' ? tabs.length - 1 : move === undefined ? undefined : (at + move + tabs.length) % tabs.length
    const target = next === undefined ? undefined : tabs[next]
    if (!target || next === undefined) return
    event.preventDefault()
    goTo(target.name)
    buttons[next]?.focus()
  })
  store.watch(
    ({ tab }) => [tab],
    (tab) => {
      tabs.forEach(({ name }, i) => {
        const [tabButton, panel] = [buttons[i], panels[i]]
        if (!tabButton || !panel) return
        setAttribute(tabButton, 'aria-selected', name === tab ? 'true' : 'false')
        tabButton.tabIndex = name === tab ? 0 : -1
        panel.hidden = name !== tab
      })
    },
  )
  return h('div', { class: 'page' }, header(context), messages(context), list, ...panels)
}

/** What happens now: the welcome while no run is open. */
function watch(context: PageContext): HTMLElement {
  const first = welcome(context)
  const running = h('div', { class: 'watch' }, samples(context), h('div', { class: 'side' }, game(context)), charts(context))
  context.store.watch(
    ({ open, phase }) => [open === undefined, phase],
    (none, phase) => {
      first.hidden = !none || phase === 'opening'
      running.hidden = none
    },
  )
  return h('div', {}, first, running)
}
