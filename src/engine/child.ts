import { kernelsIn } from './lanes/kernels'
import { knowsLanes } from './lanes/openLanes'
import { builtIn } from './openModel'
import { createEngine } from './operations'
import type { FromEngine, ToEngine } from './protocol'
import { EngineServer } from './server'

/** The engine's process: speaks the protocol with its parent and ends with it. */
function send(message: FromEngine): void {
  // A parent that is gone takes no answer; `disconnect` ends this process.
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}

const built = builtIn(__dirname)
// The first call comes at once, and waits for them.
if (knowsLanes()) kernelsIn(built.decoder).catch(() => {})

const engine = createEngine({
  onStatus: (status) => send({ type: 'status', status }),
  onWarning: ({ code, facts, cause }, model) => {
    if (cause instanceof Error) send({ type: 'log', level: 'warn', text: cause.stack ?? cause.message })
    send({ type: 'warning', error: { code, facts }, model })
  },
}, { built })
const server = new EngineServer(engine.handlers, send)

process.on('message', (message) => {
  // Only the parent that forked this process can write to the channel, with the same protocol file.
  server.receive(message as ToEngine)
})
process.on('disconnect', () => process.exit(0))
