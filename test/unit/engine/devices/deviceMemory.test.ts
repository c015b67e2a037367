import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { DeviceMemory, type Lives } from '../../../../src/engine/devices/deviceMemory'
import { temporaryFolders } from '../onnx/temporaryFolder'

const newFolder = temporaryFolders()
const speed = { kind: 'measured', prefillTokensPerSecond: 900, decodeTokensPerSecond: 90 } as const
/** Of a machine that was started long ago. */
const dead = { isAlive: () => false, startedMs: () => 0 }
const alive = { isAlive: () => true, startedMs: () => 0 }

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

  it.each<[string, object, Lives, object]>([
    ['goes on in another window', {}, alive, { kind: 'trying' }],
    ['was the last thing a process did: to be tried once more', {}, dead, { kind: 'interrupted' }],
    ['was that the second time: failed', { again: true }, dead, { kind: 'failed', reason: 'the editor ended twice while it was tried', crashed: true }],
    ['has gone on for an hour, in another process of that number: to be tried once more', { sinceMs: Date.now() - 60 * 60_000 }, alive, { kind: 'interrupted' }],
    ['was the last thing the machine did: failed', {}, { isAlive: () => false, startedMs: () => Date.now() + 1000 }, { kind: 'failed', reason: 'the machine was started anew while it was tried', crashed: true }],
    ['was the last thing the machine did, whose process numbers begin again: failed', {}, { isAlive: () => true, startedMs: () => Date.now() + 1000 }, { kind: 'failed', crashed: true }],
  ])('is of a trial that %s', async (_, more, lives, outcome) => {
    const folder = newFolder()
    await new DeviceMemory(folder).write('one', 'webgpu', { kind: 'trying', pid: 12345, sinceMs: Date.now(), ...more })
    expect((await new DeviceMemory(folder, lives).read('one')).webgpu).toMatchObject(outcome)
  })

  it.each([
    ['nothing is known about it', {}, undefined],
    ['it is to be tried once more', { again: true }, { kind: 'interrupted' }],
  ] as const)('is, when a trial is taken back, that %s', async (_, more, left) => {
    const memory = new DeviceMemory(newFolder())
    await memory.write('one', 'webgpu', { kind: 'trying', pid: process.pid, sinceMs: Date.now(), ...more })
    memory.takeBack('one', 'webgpu')
    expect((await memory.read('one')).webgpu).toEqual(left)
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
