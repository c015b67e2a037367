import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { DeviceMemory } from '../../../../src/engine/devices/deviceMemory'
import { temporaryFolders } from '../onnx/temporaryFolder'

const newFolder = temporaryFolders()
const speed = { kind: 'measured', prefillTokensPerSecond: 900, decodeTokensPerSecond: 90 } as const
const dead = (): boolean => false
const alive = (): boolean => true

describe('what is known about devices', () => {
  it('outlives the process, each setup for itself', async () => {
    const folder = path.join(newFolder(), 'devices')
    const memory = new DeviceMemory(folder)
    await memory.write('one', 'cpu', speed)
    await memory.write('one', 'webgpu', { kind: 'failed', reason: 'no adapter' })
    expect(await new DeviceMemory(folder).read('one')).toEqual({ cpu: speed, webgpu: { kind: 'failed', reason: 'no adapter' } })
    expect(await memory.read('another driver')).toEqual({})
    expect(readdirSync(folder)).toHaveLength(1)
  })

  it('is that a device failed whose trial was the last thing a process did', async () => {
    const folder = newFolder()
    await new DeviceMemory(folder).write('one', 'webgpu', { kind: 'trying', pid: 12345, sinceMs: Date.now() })
    expect(await new DeviceMemory(folder, dead).read('one')).toEqual({ webgpu: { kind: 'failed', reason: 'the editor ended while it was tried', crashed: true } })
  })

  it.each([
    ['is at it', 0, 'trying'],
    ['would have been at it for an hour, and is another process of that number', 60 * 60_000, 'failed'],
  ])('is what another window %s', async (_, agoMs, kind) => {
    const folder = newFolder()
    await new DeviceMemory(folder).write('one', 'webgpu', { kind: 'trying', pid: 12345, sinceMs: Date.now() - agoMs })
    expect((await new DeviceMemory(folder, alive).read('one')).webgpu?.kind).toBe(kind)
  })

  it('can be taken back, for one device or for all', async () => {
    const memory = new DeviceMemory(newFolder())
    await memory.write('one', 'cpu', speed)
    await memory.write('one', 'webgpu', speed)
    expect(await memory.write('one', 'webgpu', undefined)).toEqual({ cpu: speed })
    await memory.forget('one')
    expect(await memory.read('one')).toEqual({})
  })

  it.each([
    ['is torn', '{"cpu":{"kind":"meas'],
    ['is no object', '[]'],
    ['has speeds that are none', '{"cpu":{"kind":"measured","prefillTokensPerSecond":1e999,"decodeTokensPerSecond":0}}'],
    ['has unknown devices and outcomes', '{"tpu":{"kind":"failed","reason":"x"},"cpu":{"kind":"great"}}'],
  ])('is nothing when the file %s', async (_, text) => {
    const folder = newFolder()
    const memory = new DeviceMemory(folder)
    await memory.write('one', 'cpu', speed)
    mkdirSync(folder, { recursive: true })
    for (const name of readdirSync(folder)) writeFileSync(path.join(folder, name), text)
    expect(await memory.read('one')).toEqual({})
  })
})
