import type { StartEngine } from '../process'
import type { ServedModelSpec } from '../protocol'
import { EngineServer } from '../server'
import { createServedEngine } from './engine'
import type { ServedModelOptions } from './servedModel'

/** An engine that asks servers, at the other end of the same protocol but in this process: it only waits for the network. */
export function serveInProcess(options: Omit<ServedModelOptions, 'onStatus'>): StartEngine<ServedModelSpec> {
  return (listener) => {
    let ended = false
    const send: typeof listener.onMessage = (message) => {
      if (!ended) listener.onMessage(message)
    }
    const server = new EngineServer(createServedEngine({ ...options, onStatus: (status) => send({ type: 'status', status }) }), send)
    return {
      send: (message) => server.receive(message),
      dispose: () => {
        ended = true
        server.dispose()
      },
    }
  }
}
