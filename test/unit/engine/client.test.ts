import { beforeEach, describe, expect, it } from 'vitest'
import { CancelledError } from '../../../src/base/cancellation'
import { EngineClient, type EngineState } from '../../../src/engine/client'
import type { EngineProcessListener, StartEngine } from '../../../src/engine/process'
import type { ModelSpec, ToEngine } from '../../../src/engine/protocol'
import { ManualClock } from '../../support/manualClock'

const model: ModelSpec = { folder: '/m', precision: 'int8', device: 'cpu', threads: 0, cacheFolder: undefined }

/** A process that records what it is sent and answers when a test says so. */
class RecordedProcess {
  readonly sent: ToEngine[] = []
  disposed = false
  constructor(readonly listener: EngineProcessListener) {}
  send(message: ToEngine): void {
    this.sent.push(message)
  }
  dispose(): void {
    this.disposed = true
  }
}

describe('EngineClient', () => {
  let processes: RecordedProcess[]
  let clock: ManualClock
  let client: EngineClient

  const start: StartEngine = (listener) => {
    const process = new RecordedProcess(listener)
    processes.push(process)
    return process
  }
  const tokenize = (text = 'a', signal?: AbortSignal) => client.call('tokenize', { model, text }, { signal })
  /** Lets calls that wait for a promise reach the process. */
  const settled = () => new Promise((resolve) => setImmediate(resolve))

  beforeEach(() => {
    processes = []
    clock = new ManualClock()
    client = new EngineClient(start, { maxDeaths: 3, windowMs: 1000, firstDelayMs: 100, maxDelayMs: 1000 }, clock)
  })

  it('starts no process before the first call, and one for all', async () => {
    expect(processes).toHaveLength(0)
    expect(client.state.kind).toBe('off')
    void tokenize()
    void tokenize()
    await settled()
    expect(processes).toHaveLength(1)
    expect(client.state).toMatchObject({ kind: 'running', busy: 2 })
  })

  it('starts the process ahead, which the first call then uses', async () => {
    client.begin()
    client.begin()
    expect(client.state).toMatchObject({ kind: 'running', busy: 0 })
    void tokenize()
    await settled()
    expect(processes).toHaveLength(1)
    expect(processes[0]?.sent).toHaveLength(1)
  })

  it('leaves it to the call to say that the process cannot start', async () => {
    const broken = new EngineClient(() => {
      throw new Error('no program')
    }, { maxDeaths: 3, windowMs: 1000, firstDelayMs: 100, maxDelayMs: 1000 }, clock)
    broken.begin()
    await expect(broken.call('tokenize', { model, text: 'a' })).rejects.toMatchObject({ code: 'engine-start-failed' })
  })

  it('gives each call its own answer, in whatever order they come', async () => {
    const first = tokenize('first')
    const second = tokenize('second')
    await settled()
    const { listener } = processes[0]!
    listener.onMessage({ type: 'result', id: 2, value: { ids: [2], pieces: ['b'] } })
    listener.onMessage({ type: 'result', id: 1, value: { ids: [1], pieces: ['a'] } })
    expect((await first).ids).toEqual([1])
    expect((await second).ids).toEqual([2])
    expect(client.state).toMatchObject({ busy: 0 })
  })

  it('goes on telling which model is loaded when another one leaves, and tells when it leaves itself', async () => {
    void tokenize()
    await settled()
    const { listener } = processes[0]!
    const say = (kind: 'loading' | 'unloaded', folder: string) =>
      listener.onMessage({ type: 'status', status: kind === 'loading' ? { kind, folder, fraction: 1 } : { kind, folder } })
    say('loading', '/old')
    say('loading', '/m')
    say('unloaded', '/old')
    expect(client.state).toMatchObject({ load: { kind: 'loading', folder: '/m' } })
    say('unloaded', '/m')
    expect(client.state).toMatchObject({ load: { kind: 'unloaded', folder: '/m' } })
  })

  it('passes partial results to the call that they belong to', async () => {
    const heard: unknown[] = []
    const call = client.call('generate', { model, prompt: 'a', maxNewTokens: 1, sequences: 1, sampling: { kind: 'greedy', repetitionPenalty: 1 }, stop: [] }, { onPartial: (piece) => heard.push(piece) })
    await settled()
    processes[0]!.listener.onMessage({ type: 'partial', id: 1, value: { sequence: 0, text: 'x' } })
    processes[0]!.listener.onMessage({ type: 'cancelled', id: 1 })
    await expect(call).rejects.toBeInstanceOf(CancelledError)
    expect(heard).toEqual([{ sequence: 0, text: 'x' }])
  })

  it('sends a cancellation and settles when the engine confirms it', async () => {
    const controller = new AbortController()
    const call = tokenize('a', controller.signal)
    await settled()
    controller.abort()
    expect(processes[0]!.sent.at(-1)).toEqual({ type: 'cancel', id: 1 })
    processes[0]!.listener.onMessage({ type: 'cancelled', id: 1 })
    await expect(call).rejects.toBeInstanceOf(CancelledError)
  })

  it('does not send a call that was cancelled before', async () => {
    await expect(tokenize('a', AbortSignal.abort())).rejects.toBeInstanceOf(CancelledError)
    expect(processes).toHaveLength(0)
  })

  it('rebuilds a failure from the catalogue', async () => {
    const call = tokenize()
    await settled()
    processes[0]!.listener.onMessage({ type: 'failed', id: 1, error: { code: 'model-folder-missing', facts: { folder: '/m' } } })
    await expect(call).rejects.toMatchObject({ code: 'model-folder-missing' })
  })

  it('fails what was in flight when the process dies, and sends none of it again', async () => {
    const call = tokenize('lost')
    await settled()
    processes[0]!.listener.onExit('signal SIGKILL', 'killed')
    await expect(call).rejects.toMatchObject({ code: 'engine-stopped', facts: { reason: 'signal SIGKILL' } })
    clock.advance(100)
    void tokenize('next')
    await settled()
    expect(processes[1]!.sent).toMatchObject([{ method: 'tokenize', params: { text: 'next' } }])
  })

  it('lets a call wait for the restart delay', async () => {
    void tokenize().catch(() => {})
    await settled()
    processes[0]!.listener.onExit('exit code 1', 'died')
    const waiting = tokenize('waits')
    client.begin()
    await settled()
    expect(processes).toHaveLength(1)
    clock.advance(100)
    await settled()
    processes[1]!.listener.onMessage({ type: 'result', id: 2, value: { ids: [], pieces: [] } })
    await expect(waiting).resolves.toEqual({ ids: [], pieces: [] })
  })

  it('gives up when the policy says so, until it is restarted by hand', async () => {
    const states: EngineState['kind'][] = []
    client.onState((state) => states.push(state.kind))
    for (let death = 0; death < 3; death++) {
      void tokenize().catch(() => {})
      await settled()
      processes[death]!.listener.onExit('exit code 1', 'died')
      clock.advance(400)
    }
    await expect(tokenize()).rejects.toMatchObject({ code: 'engine-gave-up' })
    expect(states.at(-1)).toBe('stopped')
    client.restart()
    void tokenize()
    await settled()
    expect(processes).toHaveLength(4)
  })

  it('settles everything when it is disposed, and ends the process', async () => {
    const call = tokenize()
    await settled()
    client.dispose()
    await expect(call).rejects.toBeInstanceOf(CancelledError)
    expect(processes[0]!.disposed).toBe(true)
    await expect(tokenize()).rejects.toBeInstanceOf(CancelledError)
  })

  it('releases a call that waits for a restart when it is disposed', async () => {
    void tokenize().catch(() => {})
    await settled()
    processes[0]!.listener.onExit('exit code 1', 'died')
    const waiting = tokenize()
    client.dispose()
    await expect(waiting).rejects.toBeInstanceOf(CancelledError)
  })
})
