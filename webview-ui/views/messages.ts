import type { Alarm } from '../../src/gan/alarm'
import { backendName, stepTime } from '../backendChoice'
import { button, h, iconButton, icon, replaceChildren } from '../dom'
import { grouped } from './numbers'
import type { PageContext } from './pageContext'

interface AlarmWords {
  readonly title: string
  readonly why: string
}

/** An alarm in plain words. */
export function alarmWords({ kind }: Alarm): AlarmWords {
  switch (kind) {
    case 'not-finite':
      return { title: 'The numbers ran away', why: 'A loss became infinite. This happens when the learning rate is too high: every correction overshoots, and the next one overshoots further.' }
    case 'mode-collapse':
      return { title: 'The generator draws one picture for everything', why: 'This is called mode collapse. It found a picture that fools the discriminator and draws only that. Large steps and much momentum (the article’s settings) lead here.' }
    case 'discriminator-wins':
      return { title: 'The discriminator wins outright', why: 'It recognises every fake with certainty, so its answers no longer tell the generator in which direction to improve.' }
  }
}

/** What went wrong, what the page is busy with, and how the backends did. */
export function messages({ studio, store }: PageContext): HTMLElement {
  const alarmBox = h('div', { role: 'alert' })
  const noticeBox = h('div', { role: 'alert' })
  const busyBox = h('div', { role: 'status' })

  store.watch(
    ({ alarm }) => [alarm],
    (alarm) => {
      if (!alarm) return replaceChildren(alarmBox)
      const { title, why } = alarmWords(alarm)
      const mend = button('Mend and go on', () => void studio.applyRemedy(), { icon: 'wand', id: 'mend' })
      const again = button('Start over, mended', () => void studio.startOverMended(), { icon: 'debug-restart', secondary: true, id: 'start-over' })
      const leave = button('Go on as it is', () => (studio.dismissAlarm(), void studio.run()), { secondary: true })
      const text = h('div', {}, h('strong', {}, `${title} (step ${grouped(alarm.step)}). `), why, h('p', { class: 'hint' }, 'Mending goes back to the last checkpoint before this, or to the start where there is none, and goes on with calmer settings. If it goes wrong again, start over with them.'))
      replaceChildren(alarmBox, h('div', { class: 'message warning' }, icon('warning'), text, h('div', { class: 'actions' }, mend, again, leave)))
    },
  )
  store.watch(
    ({ notice }) => [notice],
    (notice) => {
      if (!notice) return replaceChildren(noticeBox)
      const close = iconButton('close', 'Close this message', () => studio.dismissNotice())
      const { reopen } = notice
      const again = reopen && h('div', { class: 'actions' }, button('Open Again', () => (studio.dismissNotice(), void studio.openRun(reopen)), { icon: 'folder-opened', id: 'open-again' }))
      replaceChildren(noticeBox, h('div', { class: `message ${notice.kind}` }, icon(notice.kind === 'error' ? 'error' : 'info'), h('div', {}, notice.text), again, close))
    },
  )
  store.watch(
    ({ busy, measuring }) => [busy, measuring],
    (busy, measuring) => {
      if (busy === undefined) return replaceChildren(busyBox)
      const rows = measuring.map(({ backend, state, stepMs, reason }) =>
        h('li', { class: state }, h('span', {}, backendName(backend)), h('span', {}, state === 'done' && stepMs !== undefined ? stepTime(stepMs) : state === 'failed' ? 'not available' : state === 'measuring' ? 'measuring…' : ''), reason === undefined ? undefined : h('span', { class: 'hint' }, reason)),
      )
      const list = rows.length > 0 ? [h('p', { class: 'hint' }, 'Finding the fastest way to train on this machine. This happens once.'), h('ul', { class: 'measuring' }, ...rows)] : []
      replaceChildren(busyBox, h('div', { class: 'message busy' }, h('vscode-progress-ring', { 'aria-hidden': 'true' }), h('div', {}, busy, ...list)))
    },
  )
  return h('div', { class: 'messages' }, alarmBox, noticeBox, busyBox)
}
