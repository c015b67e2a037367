import { reasonOf } from '../base/errors'
import type { StartEngine } from './process'
import type { ToEngine } from './protocol'

/** An engine whose code is loaded when it is first started; what it is sent meanwhile waits. */
export function startLate<S>(load: () => Promise<StartEngine<S>>): StartEngine<S> {
  return (listener) => {
    let deliver = (message: ToEngine<S>): void => void waiting.push(message)
    let end = (): void => {
      ended = true
    }
    let ended = false
    const waiting: ToEngine<S>[] = []
    const begin = (start: StartEngine<S>): void => {
      if (ended) return
      const process = start(listener)
      deliver = (message) => process.send(message)
      end = () => process.dispose()
      waiting.splice(0).forEach(deliver)
    }
    load().then(begin).catch((error: unknown) => {
      if (!ended) listener.onExit(reasonOf(error), 'died')
    })
    return { send: (message) => deliver(message), dispose: () => end() }
  }
}
