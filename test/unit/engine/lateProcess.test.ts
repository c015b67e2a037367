import { describe, expect, it } from 'vitest'
import { startLate } from '../../../src/engine/lateProcess'
import type { EngineProcess, StartEngine } from '../../../src/engine/process'
import type { ToEngine } from '../../../src/engine/protocol'

const cancel = (id: number): ToEngine => ({ type: 'cancel', id })

function setting(): { received: ToEngine[]; ended: number; started: number; exits: string[]; arrive: (start?: Error) => Promise<void>; begin: () => EngineProcess } {
  const state = { received: [] as ToEngine[], ended: 0, started: 0, exits: [] as string[] }
  let settle: (start: StartEngine | Promise<never>) => void = () => {}
  const loading = new Promise<StartEngine>((resolve) => (settle = resolve))
  const start: StartEngine = () => (state.started++, { send: (message) => void state.received.push(message), dispose: () => void state.ended++ })
  return Object.assign(state, {
    begin: () => startLate(() => loading)({ onMessage: () => {}, onExit: (reason) => void state.exits.push(reason) }),
    arrive: async (failure?: Error) => {
      settle(failure ? Promise.reject(failure) : start)
      await new Promise(setImmediate)
    },
  })
}

describe('An engine whose code is loaded late', () => {
  it('gets what it was sent meanwhile, in order, and what follows at once', async () => {
    const test = setting()
    const engine = test.begin()
    engine.send(cancel(1))
    engine.send(cancel(2))
    expect(test.received).toEqual([])
    await test.arrive()
    engine.send(cancel(3))
    expect(test.received).toEqual([cancel(1), cancel(2), cancel(3)])
  })

  it('is not started any more when it was ended before', async () => {
    const test = setting()
    test.begin().dispose()
    await test.arrive()
    expect([test.started, test.exits]).toEqual([0, []])
  })

  it('is ended when it runs', async () => {
    const test = setting()
    const engine = test.begin()
    await test.arrive()
    engine.dispose()
    expect(test.ended).toBe(1)
  })

  it('counts as dead when its code cannot be loaded', async () => {
    const test = setting()
    test.begin()
    await test.arrive(new Error('no such file'))
    expect(test.exits).toEqual(['no such file'])
  })
})
