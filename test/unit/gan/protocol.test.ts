import { describe, expect, it } from 'vitest'
import { InklingError } from '../../../src/base/errors'
import { answerCall, Caller, type Call, type Handlers } from '../../../src/gan/protocol/calls'
import { isFromPage } from '../../../src/gan/protocol/hostProtocol'
import { isFromTrainer, isToTrainer } from '../../../src/gan/protocol/trainerProtocol'

const bytes = new Uint8Array(2)

describe('what the host accepts from the page', () => {
  it.each<[string, unknown, boolean]>([
    ['a first call', { type: 'call', id: 1, name: 'hello', ask: {} }, true],
    ['a run by its id', { type: 'call', id: 2, name: 'openRun', ask: { runId: 'run-2', which: 'good' } }, true],
    ['a checkpoint', { type: 'call', id: 3, name: 'saveCheckpoint', ask: { runId: 'a', step: 5, good: true, backend: 'wasm', checkpoint: bytes } }, true],
    ['a question for the trainer', { type: 'call', id: 4, name: 'askProcess', ask: { question: { name: 'pause', ask: {} } } }, true],
    ['a run for the trainer', { type: 'call', id: 5, name: 'openInProcess', ask: { runId: 'run-2', which: 'newest', backend: 'native', change: {} } }, true],
    ['a path as run id', { type: 'call', id: 2, name: 'openRun', ask: { runId: '../secret', which: 'good' } }, false],
    ['an absolute path as run id', { type: 'call', id: 2, name: 'deleteRun', ask: { runId: '/etc' } }, false],
    ['a path as file name', { type: 'call', id: 2, name: 'export', ask: { kind: 'png', files: [{ name: '../x.png', bytes }] } }, false],
    ['a hidden file', { type: 'call', id: 2, name: 'export', ask: { kind: 'png', files: [{ name: '.bashrc', bytes }] } }, false],
    ['an unknown kind of export', { type: 'call', id: 2, name: 'export', ask: { kind: 'exe', files: [] } }, false],
    ['an unknown call', { type: 'call', id: 2, name: 'constructor', ask: {} }, false],
    ['a call without id', { type: 'call', name: 'hello', ask: {} }, false],
    ['a call with a fractional id', { type: 'call', id: 1.5, name: 'hello', ask: {} }, false],
    ['text for bytes', { type: 'call', id: 3, name: 'insertPicture', ask: { png: 'data:', alt: '' } }, false],
    ['an unknown type', { type: '__proto__' }, false],
    ['an array', [], false],
    ['nothing', undefined, false],
    ['a question that is none', { type: 'call', id: 4, name: 'askProcess', ask: { question: { name: 'eval', ask: {} } } }, false],
    ['pictures for the trainer past the store', { type: 'call', id: 4, name: 'askProcess', ask: { question: { name: 'load', ask: { data: bytes } } } }, false],
    ['a checkpoint for the trainer past the store', { type: 'call', id: 4, name: 'askProcess', ask: { question: { name: 'resume', ask: { backend: 'native', checkpoint: bytes, change: {} } } } }, false],
    ['a backend that needs no process', { type: 'call', id: 5, name: 'openInProcess', ask: { runId: 'run-2', which: 'newest', backend: 'wasm', change: {} } }, false],
  ])('%s', (_what, message, accepted) => {
    expect(isFromPage(message)).toBe(accepted)
  })
})

describe('trainer messages', () => {
  it.each<[unknown, boolean]>([
    [{ type: 'call', id: 1, name: 'create', ask: { backend: 'wasm', settings: {} } }, true],
    [{ type: 'call', id: 1, name: 'create', ask: { backend: 'toaster', settings: {} } }, false],
    [{ type: 'call', id: 1, name: 'measure', ask: { backend: 'wasm', settings: {}, steps: 1e9 } }, false],
    [{ type: 'call', id: 1, name: 'sample', ask: { latents: [1, 2], labels: undefined, weights: 'raw' } }, false],
  ])('asks %j: %s', (message, accepted) => {
    expect(isToTrainer(message)).toBe(accepted)
  })

  it.each<[unknown, boolean]>([
    [{ type: 'state', state: 'running', step: 1 }, true],
    [{ type: 'state', state: 'dancing', step: 1 }, false],
    [{ type: 'frame', step: 1, pixels: bytes }, true],
    [{ type: 'frame', step: 1, pixels: [] }, false],
    [{ type: 'hello' }, false],
  ])('news %j: %s', (message, accepted) => {
    expect(isFromTrainer(message)).toBe(accepted)
  })
})

type Sums = { readonly add: { readonly ask: { readonly a: number; readonly b: number }; readonly answer: number }; readonly fail: { readonly ask: object; readonly answer: never } }

const handlers: Handlers<Sums> = {
  add: ({ a, b }) => a + b,
  fail: () => {
    throw InklingError.of('gan-digits-invalid', { digits: 'x' })
  },
}

describe('Caller', () => {
  function connect(): Caller<Sums> {
    const caller: Caller<Sums> = new Caller((call: Call<Sums>) => void answerCall(handlers, structuredClone(call)).then((settled) => caller.settle(settled)))
    return caller
  }

  it('answers each call with its own answer', async () => {
    const caller = connect()
    expect(await Promise.all([caller.call('add', { a: 1, b: 2 }), caller.call('add', { a: 3, b: 4 })])).toEqual([3, 7])
  })

  it('refuses with the error of the other side', async () => {
    await expect(connect().call('fail', {})).rejects.toMatchObject({ code: 'gan-digits-invalid' })
  })

  it('refuses what waits and what comes when the other side goes away', async () => {
    const caller = new Caller<Sums>(() => {})
    const waiting = caller.call('add', { a: 1, b: 2 })
    caller.close(InklingError.of('gan-backend-lost', { backend: 'wasm', step: 3, reason: 'gone' }))
    await expect(waiting).rejects.toMatchObject({ code: 'gan-backend-lost' })
    await expect(caller.call('add', { a: 1, b: 2 })).rejects.toMatchObject({ code: 'gan-backend-lost' })
  })

  it('refuses a call that cannot be sent, and ignores answers nobody waits for', async () => {
    const caller = new Caller<Sums>(() => {
      throw new Error('not cloneable')
    })
    await expect(caller.call('add', { a: 1, b: 2 })).rejects.toMatchObject({ code: 'internal' })
    caller.settle({ type: 'answer', id: 99, answer: 1 })
  })
})
