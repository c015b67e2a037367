import path from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { InklingError } from '../../../../src/base/errors'
import type { Device } from '../../../../src/engine/devices/chooseDevice'
import { DeviceMemory } from '../../../../src/engine/devices/deviceMemory'
import { MeasuredDevice, type DeviceNews } from '../../../../src/engine/devices/measuredDevice'
import { TrialRoom } from '../../../../src/engine/devices/trialRoom'
import type { ModelSpec } from '../../../../src/engine/protocol'
import { temporaryFolders } from '../onnx/temporaryFolder'

const newFolder = temporaryFolders()
const forever = new AbortController().signal
const spec = (device: ModelSpec['device']): ModelSpec => ({ folder: '/m', precision: 'int8', device, threads: 0, cacheFolder: undefined })
const measured = (tokensPerSecond: number) => ({ prefillTokensPerSecond: tokensPerSecond * 10, decodeTokensPerSecond: tokensPerSecond, device: '', precision: 'int8' as const, distance: 0, loadMs: 0 })

describe('the device `auto` of a command', () => {
  let folder: string
  let others: readonly Device[]
  let speeds: Readonly<Record<string, () => number>>
  let asked: string[]
  let news: DeviceNews['kind'][]
  let freeBytes: number

  /** What one run of a command finds. */
  const run = async (device: ModelSpec['device'] = 'auto', signal = forever): Promise<string> => {
    const auto = new MeasuredDevice({
      prober: {
        devices: () => Promise.reject(new Error('the candidates are known')),
        measure: async (wanted) => (asked.push(wanted.device), measured(speeds[wanted.device]?.() ?? 0)),
      },
      memory: new DeviceMemory(path.join(folder, 'devices')),
      room: new TrialRoom(path.join(folder, 'devices', 'lock'), () => freeBytes),
      log: () => {},
      setupOf: async () => 'setup',
      candidates: async () => others,
      tell: ({ kind }) => news.push(kind),
    })
    await auto.resolve(spec(device), signal)
    return (await auto.resolve(spec(device), signal)).device
  }

  beforeEach(() => {
    folder = newFolder()
    others = ['webgpu']
    speeds = { cpu: () => 100, webgpu: () => 400 }
    asked = []
    news = []
    freeBytes = Infinity
  })

  it('is measured in the first run, and remembered in the next', async () => {
    expect([await run(), await run()]).toEqual(['webgpu', 'webgpu'])
    expect(asked).toEqual(['cpu', 'webgpu'])
    expect(news).toEqual(['measuring', 'measured'])
  })

  it('is the processor where that is the only one, and nobody hears of it', async () => {
    others = []
    expect(await run()).toBe('cpu')
    expect([asked, news]).toEqual([[], []])
  })

  it('is the processor where another fails, which is tried once', async () => {
    speeds = { ...speeds, webgpu: () => { throw InklingError.of('device-wrong', { device: 'webgpu', percent: 90 }) } }
    expect([await run(), await run()]).toEqual(['cpu', 'cpu'])
    expect(asked).toEqual(['cpu', 'webgpu'])
  })

  it('is the processor for a model that does not run there either, of which nothing is remembered', async () => {
    speeds = { ...speeds, cpu: () => { throw InklingError.of('model-file-missing', { folder: '/m', files: 'config.json' }) } }
    expect(await run()).toBe('cpu')
    expect([asked, news]).toEqual([['cpu'], ['measuring']])
    speeds = { ...speeds, cpu: () => 100 }
    expect(await run()).toBe('webgpu')
  })

  it('is what is named, and nothing is measured', async () => {
    expect(await run('webgpu')).toBe('webgpu')
    expect(asked).toEqual([])
  })

  it('is the processor while memory is short, and measured when there is some', async () => {
    freeBytes = 0
    expect(await run()).toBe('cpu')
    freeBytes = Infinity
    expect(await run()).toBe('webgpu')
  })

  it('is the processor where nothing can be noted: what brought the machine down would do so at each run', async () => {
    folder = '/dev/null'
    expect(await run()).toBe('cpu')
    expect(asked).toEqual([])
    expect(news).toEqual(['measuring', 'unmeasured'])
  })

  it('is given up by who stops the command', async () => {
    await expect(run('auto', AbortSignal.abort())).rejects.toThrow('Cancelled')
    expect(asked).toEqual([])
  })
})
