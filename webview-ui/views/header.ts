import { backendName } from '../backendChoice'
import { button, h, iconButton, setAttribute, setText } from '../dom'
import type { Phase } from '../studioState'
import { duration, grouped, megabytes } from './numbers'
import type { PageContext } from './pageContext'

const stateNames: Readonly<Record<Phase, string>> = { closed: 'No run', opening: 'Opening', paused: 'Paused', running: 'Training', finished: 'Finished' }

/** Which run this is, how far it is, and the buttons that drive it. */
export function header({ studio, store, goTo }: PageContext): HTMLElement {
  const name = h('h1', {}, 'Inkling Studio')
  const state = h('span', { class: 'state' })
  const train = button('Train', () => void studio.run(), { icon: 'play', id: 'train' })
  const pause = button('Pause', () => void studio.pause(), { icon: 'debug-pause', id: 'pause' })
  const once = button('One Step', () => void studio.stepOnce(), { icon: 'debug-step-over', secondary: true, title: 'Train a single step', id: 'step-once' })
  const more = button('Train Further', () => void further(), { icon: 'play', id: 'further' })
  const restart = iconButton('debug-restart', 'Start over with the same settings, as a new run', () => void studio.restart())
  const stop = iconButton('debug-stop', 'Stop: save this run and close it', () => void studio.stop())
  const fresh = button('New Run', () => goTo('settings'), { icon: 'add', secondary: true, id: 'new-run' })
  const bar = h('div', { class: 'bar', role: 'progressbar', 'aria-label': 'Training progress', 'aria-valuemin': '0' }, h('div', { class: 'bar-fill' }))
  const facts = h('p', { class: 'facts' })

  async function further(): Promise<void> {
    const steps = (store.state.open?.settings.steps ?? 0) + 2000
    if (await studio.change({ steps })) await studio.run()
  }

  store.watch(
    ({ open, phase }) => [open, phase],
    (open, phase) => {
      setText(name, open?.summary.name ?? 'Inkling Studio')
      setText(state, stateNames[phase])
      state.dataset['phase'] = phase
      train.hidden = phase !== 'paused'
      once.hidden = phase !== 'paused'
      pause.hidden = phase !== 'running'
      more.hidden = phase !== 'finished'
      fresh.hidden = restart.hidden = stop.hidden = open === undefined
      bar.hidden = open === undefined
      facts.hidden = open === undefined
    },
  )
  store.watch(
    ({ open, phase, step, stepsPerSecond, secondsLeft, memoryBytes, savedStep }) => [open, phase, step, stepsPerSecond, secondsLeft, memoryBytes, savedStep],
    (open, phase, step, stepsPerSecond, secondsLeft, memoryBytes, savedStep) => {
      if (!open) return
      const { steps } = open.settings
      const running = phase === 'running' && stepsPerSecond > 0
      const share = Math.min(1, step / steps)
      const fill = bar.firstElementChild
      if (fill instanceof HTMLElement) fill.style.transform = `scaleX(${share})`
      setAttribute(bar, 'aria-valuemax', steps)
      setAttribute(bar, 'aria-valuenow', step)
      setAttribute(bar, 'aria-valuetext', `Step ${grouped(step)} of ${grouped(steps)}`)
      const parts = [
        `Step ${grouped(step)} of ${grouped(steps)}`,
        running ? `${stepsPerSecond.toFixed(1)} steps/s` : undefined,
        running ? `${duration(secondsLeft)} left` : undefined,
        backendName(open.backend),
        memoryBytes > 0 ? megabytes(memoryBytes) : undefined,
        savedStep === undefined ? 'not saved yet' : `saved at ${grouped(savedStep)}`,
      ]
      setText(facts, parts.filter((part) => part !== undefined).join('  ·  '))
    },
  )
  return h('header', { class: 'top' }, h('div', { class: 'top-row' }, h('div', { class: 'title' }, name, state), h('div', { class: 'actions', role: 'toolbar', 'aria-label': 'Training' }, train, pause, more, once, stop, restart, fresh)), bar, facts)
}
