import { describe, expect, it } from 'vitest'
import { CancelledError } from '../../../src/base/cancellation'
import { InklingError } from '../../../src/base/errors'
import type { FromEngine, ModelSpec } from '../../../src/engine/protocol'
import { EngineServer, type Handlers } from '../../../src/engine/server'

const model: ModelSpec = { folder: '/m', precision: 'int8', device: 'cpu', threads: 0, cacheFolder: undefined }

const refuse = (): Promise<never> => Promise.reject(new Error('not part of this test'))
const handlers: Handlers = { load: refuse, continue: refuse, generate: refuse, score: refuse, tokenize: refuse }

/** Sends one tokenize call (and what `then` sends after it) to a server with this handler, and collects what it says. */
async function conversation(tokenize: Handlers['tokenize'], then: (server: EngineServer) => void = () => {}): Promise<FromEngine[]> {
  const said: FromEngine[] = []
  const server = new EngineServer({ ...handlers, tokenize }, (message) => said.push(message))
  server.receive({ type: 'call', id: 7, method: 'tokenize', params: { model, text: 'a' } })
  then(server)
  await new Promise((resolve) => setTimeout(resolve, 20))
  return said
}

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(new CancelledError())))

describe('EngineServer', () => {
  it('answers a call with its result', async () => {
    const said = await conversation(async () => ({ ids: [1], pieces: ['a'] }))
    expect(said).toEqual([{ type: 'result', id: 7, value: { ids: [1], pieces: ['a'] } }])
  })

  it('answers with the catalogue error that was thrown', async () => {
    const said = await conversation(() => Promise.reject(InklingError.of('model-folder-missing', { folder: '/m' })))
    expect(said).toEqual([{ type: 'failed', id: 7, error: { code: 'model-folder-missing', facts: { folder: '/m' } } }])
  })

  it('makes anything else thrown an internal error, with its stack in the log', async () => {
    const said = await conversation(() => Promise.reject(new TypeError('x is undefined')))
    expect(said.map((message) => message.type)).toEqual(['log', 'failed'])
    expect(said[1]).toMatchObject({ error: { code: 'internal', facts: { reason: 'x is undefined' } } })
  })

  it('answers a handler that throws at once like one that rejects', async () => {
    const said = await conversation(() => {
      throw InklingError.of('prompt-empty', {})
    })
    expect(said).toMatchObject([{ type: 'failed', id: 7, error: { code: 'prompt-empty' } }])
  })

  it('does not begin a call that is cancelled right behind its request', async () => {
    let begun = false
    const said = await conversation(
      async () => {
        begun = true
        return { ids: [], pieces: [] }
      },
      (server) => server.receive({ type: 'cancel', id: 7 }),
    )
    expect(begun).toBe(false)
    expect(said).toEqual([{ type: 'cancelled', id: 7 }])
  })

  it('cancels a running call', async () => {
    const said = await conversation(
      (_, { signal }) => untilAborted(signal),
      (server) => setTimeout(() => server.receive({ type: 'cancel', id: 7 }), 5),
    )
    expect(said).toEqual([{ type: 'cancelled', id: 7 }])
  })

  it('ignores the cancellation of a call that it does not know', async () => {
    const said = await conversation(
      async () => ({ ids: [], pieces: [] }),
      (server) => server.receive({ type: 'cancel', id: 99 }),
    )
    expect(said).toHaveLength(1)
  })

  it('cancels everything when it goes', async () => {
    const said = await conversation(
      (_, { signal }) => untilAborted(signal),
      (server) => setTimeout(() => server.dispose(), 5),
    )
    expect(said).toEqual([{ type: 'cancelled', id: 7 }])
  })
})
