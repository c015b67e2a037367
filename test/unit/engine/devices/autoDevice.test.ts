import path from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { CancelledError } from '../../../../src/base/cancellation'
import { InklingError } from '../../../../src/base/errors'
import { AutoDevice } from '../../../../src/engine/devices/autoDevice'
import { DeviceMemory } from '../../../../src/engine/devices/deviceMemory'
import type { Device } from '../../../../src/engine/devices/chooseDevice'
import { ProbeEndedError, type Prober } from '../../../../src/engine/devices/deviceTrials'
import { TrialRoom } from '../../../../src/engine/devices/trialRoom'
import type { ModelSpec } from '../../../../src/engine/protocol'
import { ManualClock } from '../../../support/manualClock'
import { temporaryFolders } from '../onnx/temporaryFolder'

/** A machine with nothing else to do. */
const roomIn = (folder: string, freeBytes = Infinity): TrialRoom => new TrialRoom(path.join(folder, 'measuring.lock'), () => freeBytes)

const newFolder = temporaryFolders()
const idleMs = 1000
const spec = (device: ModelSpec['device']): ModelSpec => ({ folder: '/m', precision: 'int8', device, threads: 0, cacheFolder: undefined })
const speed = (decodeTokensPerSecond: number) => ({ prefillTokensPerSecond: decodeTokensPerSecond * 10, decodeTokensPerSecond, device: '', precision: 'int8' as const, distance: 0, loadMs: 0 })

/** Answers as a test says, and notes what it was asked. */
class FakeProber implements Prober {
  readonly asked: string[] = []
  answers: { readonly [D in Device]?: () => Promise<ReturnType<typeof speed>> } = { cpu: async () => speed(100), webgpu: async () => speed(400) }

  async devices(): Promise<readonly Device[]> {
    return ['webgpu']
  }

  async measure({ device }: ModelSpec, signal: AbortSignal): Promise<ReturnType<typeof speed>> {
    this.asked.push(device)
    const cancelled = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new CancelledError())))
    return Promise.race([cancelled, this.answers[device as Device]?.() ?? Promise.reject(new Error('unknown'))])
  }
}

describe('the device `auto`', () => {
  const clock = new ManualClock()
  let prober: FakeProber
  let folder: string
  let loaded: ModelSpec['device'][]
  let setup: string
  let freeBytes: number
  let logged: string[]

  /** A window of the editor. */
  const open = (): AutoDevice =>
    new AutoDevice({ prober, memory: new DeviceMemory(folder), room: roomIn(folder, freeBytes), log: (text) => logged.push(text), clock, setupOf: async () => setup, load: async ({ device }) => loaded.push(device), idleMs })
  const deviceOf = async (auto: AutoDevice, device: ModelSpec['device'] = 'auto') => (await auto.resolve(spec(device))).device
  /** Nobody asks for anything until there is nothing more to do. */
  const quiet = async (auto: AutoDevice): Promise<void> => {
    auto.engineIs(0)
    clock.advance(idleMs)
    await auto.measurement
  }

  beforeEach(() => {
    prober = new FakeProber()
    folder = newFolder()
    loaded = []
    setup = 'this model, this driver'
    freeBytes = Infinity
    logged = []
  })

  it('is the processor first, and measures nothing before it is quiet', async () => {
    const auto = open()
    expect(await deviceOf(auto)).toBe('cpu')
    auto.engineIs(1)
    clock.advance(10 * idleMs)
    expect(prober.asked).toEqual([])
  })

  it('changes over to what is clearly faster, once that is loaded', async () => {
    const auto = open()
    await deviceOf(auto)
    await quiet(auto)
    expect(prober.asked).toEqual(['cpu', 'webgpu'])
    expect(loaded).toEqual(['webgpu'])
    expect(await deviceOf(auto)).toBe('webgpu')
  })

  it('stays with the processor where nothing is faster, and loads nothing', async () => {
    prober.answers = { cpu: async () => speed(100), webgpu: async () => speed(1) }
    const auto = open()
    await deviceOf(auto)
    await quiet(auto)
    expect(await deviceOf(auto)).toBe('cpu')
    expect(loaded).toEqual([])
    expect((await auto.outcomes(spec('auto'))).webgpu).toMatchObject({ kind: 'measured', decodeTokensPerSecond: 1 })
  })

  it('measures a model once, and remembers in the next window', async () => {
    const auto = open()
    await deviceOf(auto)
    await quiet(auto)
    await quiet(auto)
    const next = open()
    expect(await deviceOf(next)).toBe('webgpu')
    await quiet(next)
    expect(prober.asked).toEqual(['cpu', 'webgpu'])
  })

  it('measures anew when the driver has changed', async () => {
    const auto = open()
    await deviceOf(auto)
    await quiet(auto)
    setup = 'this model, another driver'
    const next = open()
    expect(await deviceOf(next)).toBe('cpu')
    await quiet(next)
    expect(prober.asked).toEqual(['cpu', 'webgpu', 'cpu', 'webgpu'])
  })

  it('gives way to somebody who writes, and goes on later', async () => {
    const auto = open()
    prober.answers = { ...prober.answers, webgpu: () => (auto.engineIs(1), new Promise(() => {})) }
    await deviceOf(auto)
    await quiet(auto)
    expect(await auto.outcomes(spec('auto'))).toMatchObject({ cpu: { kind: 'measured' } })
    expect((await auto.outcomes(spec('auto'))).webgpu).toBeUndefined()
    prober.answers = { ...prober.answers, webgpu: async () => speed(400) }
    await quiet(auto)
    expect(prober.asked).toEqual(['cpu', 'webgpu', 'webgpu'])
    expect(await deviceOf(auto)).toBe('webgpu')
  })

  it.each([
    ['took its process down', InklingError.of('engine-stopped', { reason: 'signal SIGSEGV' }), { kind: 'failed', crashed: true }],
    ['gave other numbers', InklingError.of('device-wrong', { device: 'webgpu', percent: 90 }), { kind: 'failed' }],
  ])('tries a device once that %s', async (_, error, outcome) => {
    prober.answers = { ...prober.answers, webgpu: () => Promise.reject(error) }
    const auto = open()
    await deviceOf(auto)
    await quiet(auto)
    expect((await auto.outcomes(spec('auto'))).webgpu).toMatchObject(outcome)
    const next = open()
    await deviceOf(next)
    await quiet(next)
    expect(prober.asked).toEqual(['cpu', 'webgpu'])
    expect(await deviceOf(next)).toBe('cpu')
  })

  it('notes a device before it is tried, so that a machine that hangs over it does so once', async () => {
    let noted: unknown
    prober.answers = { ...prober.answers, webgpu: async () => ((noted = (await new DeviceMemory(folder).read(setup)).webgpu), speed(1)) }
    const auto = open()
    await deviceOf(auto)
    await quiet(auto)
    expect(noted).toMatchObject({ kind: 'trying', pid: process.pid })
  })

  it('tries a device once more whose process was ended from outside, and then no more', async () => {
    prober.answers = { ...prober.answers, webgpu: () => Promise.reject(new ProbeEndedError('signal SIGTERM')) }
    const auto = open()
    await deviceOf(auto)
    await quiet(auto)
    expect((await auto.outcomes(spec('auto'))).webgpu).toEqual({ kind: 'interrupted' })
    await quiet(auto)
    await quiet(auto)
    expect(prober.asked).toEqual(['cpu', 'webgpu', 'webgpu'])
    expect((await auto.outcomes(spec('auto'))).webgpu).toMatchObject({ kind: 'failed', crashed: true })
    expect(logged).toEqual(Array(2).fill('The device webgpu was tried: signal SIGTERM'))
  })

  it('forgives a device whose process was ended once', async () => {
    prober.answers = { ...prober.answers, webgpu: () => Promise.reject(new ProbeEndedError('signal SIGKILL')) }
    const auto = open()
    await deviceOf(auto)
    await quiet(auto)
    prober.answers = { ...prober.answers, webgpu: async () => speed(400) }
    const next = open()
    expect(await deviceOf(next)).toBe('cpu')
    await quiet(next)
    expect(await deviceOf(next)).toBe('webgpu')
  })

  it('remembers that a trial is the second one while somebody writes', async () => {
    const auto = open()
    prober.answers = { ...prober.answers, webgpu: () => Promise.reject(new ProbeEndedError('signal SIGKILL')) }
    await deviceOf(auto)
    await quiet(auto)
    prober.answers = { ...prober.answers, webgpu: () => (auto.engineIs(1), new Promise(() => {})) }
    await quiet(auto)
    expect((await new DeviceMemory(folder).read(setup)).webgpu).toEqual({ kind: 'interrupted' })
  })

  it('is not measured while memory is short, and is when there is some', async () => {
    freeBytes = 100e6
    const auto = open()
    await deviceOf(auto)
    await quiet(auto)
    expect(prober.asked).toEqual([])
    expect(logged).toEqual(['Devices are not measured for /m now: too little memory is free.'])
    freeBytes = Infinity
    const next = open()
    await deviceOf(next)
    await quiet(next)
    expect(prober.asked).toEqual(['cpu', 'webgpu'])
  })

  it('is measured by one window at a time; the next finds what that has measured', async () => {
    const [first, second] = [open(), open()]
    await deviceOf(first)
    await deviceOf(second)
    await Promise.all([quiet(first), quiet(second)])
    expect(prober.asked).toEqual(['cpu', 'webgpu'])
    expect(await deviceOf(second)).toBe('webgpu')
  })

  it('does not blame a device for a window that was closed while it was tried', async () => {
    const auto = open()
    prober.answers = { ...prober.answers, webgpu: () => (auto.dispose(), new Promise(() => {})) }
    await deviceOf(auto)
    await quiet(auto)
    expect(await new DeviceMemory(folder).read(setup)).toEqual({ cpu: expect.objectContaining({ kind: 'measured' }) as unknown })
  })

  it('measures anew when it is asked to', async () => {
    const auto = open()
    await deviceOf(auto)
    await quiet(auto)
    await auto.forget(spec('auto'))
    expect(await deviceOf(auto)).toBe('cpu')
    await quiet(auto)
    expect(prober.asked).toEqual(['cpu', 'webgpu', 'cpu', 'webgpu'])
  })

  it('leaves a chosen device that failed at work, also in the next window', async () => {
    const auto = open()
    await deviceOf(auto)
    await quiet(auto)
    await auto.deviceFailed(spec('webgpu'), 'out of memory')
    expect(await deviceOf(auto)).toBe('cpu')
    expect(await deviceOf(open())).toBe('cpu')
  })
})

describe('a device that the settings name', () => {
  const clock = new ManualClock()
  let folder: string
  beforeEach(() => {
    folder = newFolder()
  })
  const open = (): AutoDevice => new AutoDevice({ prober: new FakeProber(), memory: new DeviceMemory(folder), room: roomIn(folder), log: () => {}, clock, setupOf: async () => 'setup', load: async () => {}, idleMs })

  it('is used as it is named, and nothing is measured', async () => {
    const auto = open()
    expect(await auto.resolve(spec('webgpu'))).toEqual(spec('webgpu'))
    auto.engineIs(0)
    clock.advance(idleMs)
    expect(await auto.outcomes(spec('webgpu'))).toEqual({})
  })

  it('is the processor after it took the engine down, and says so', async () => {
    const auto = open()
    await auto.engineDied([spec('webgpu'), spec('cpu')])
    for (const window of [auto, open()]) {
      const warnings: InklingError[] = []
      window.onWarning((warning) => warnings.push(warning))
      expect((await window.resolve(spec('webgpu'))).device).toBe('cpu')
      expect(warnings).toMatchObject([{ code: 'device-crashed', facts: { device: 'webgpu' } }])
    }
  })
})
