import '@vscode-elements/elements/dist/vscode-button/index.js'
import '@vscode-elements/elements/dist/vscode-progress-ring/index.js'
import 'uplot/dist/uPlot.min.css'
import './style/page.css'
import { h } from './dom'
import { Assets } from './link/assets'
import { Theme } from './pictures/palette'
import { Store } from './store'
import { Studio } from './studio'
import { initialStudioState } from './studioState'
import { page } from './views/page'

const root = document.getElementById('studio')
if (root) {
  const store = new Store(initialStudioState, (draw) => requestAnimationFrame(draw))
  const studio = new Studio(store, new Assets(document.body.dataset['root'] ?? ''))
  const live = h('div', { class: 'screen-reader-only', role: 'status', 'aria-live': 'polite' })
  root.replaceChildren(page({ studio, store, theme: new Theme(), goTo: (tab) => store.update({ tab }) }), live)
  void studio.start((text) => (live.textContent = text)).then(() => root.removeAttribute('aria-busy'))
}
