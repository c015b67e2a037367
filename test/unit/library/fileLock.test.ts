import { hostname } from 'node:os'
import { readFile, symlink, utimes, writeFile } from 'node:fs/promises'
import * as path from 'node:path'
import { describe, expect, it } from 'vitest'
import { FileLock } from '../../../src/library/fileLock'
import { temporaryFolder } from './server'

const forever = new AbortController().signal
const quick = { beatMs: 20, staleMs: 150, pollMs: 10 }
const deadPid = 2 ** 22 + 12345

async function lockFile(content?: string): Promise<string> {
  const file = path.join(await temporaryFolder(), 'locks', 'x.lock')
  if (content !== undefined) {
    await (await FileLock.acquire(file, forever)).release()
    await writeFile(file, content)
  }
  return file
}

describe('a lock among processes', () => {
  it('is held by one at a time, in this process too', async () => {
    const file = await lockFile()
    const order: string[] = []
    await Promise.all(['a', 'b', 'c'].map(async (name) => {
      const lock = await FileLock.acquire(file, forever, () => {}, quick)
      order.push(`${name} in`)
      await new Promise((resolve) => setTimeout(resolve, 30))
      order.push(`${name} out`)
      await lock.release()
    }))
    expect(order).toHaveLength(6)
    for (let i = 0; i < 6; i += 2) expect(order[i + 1]).toBe(order[i]?.replace('in', 'out'))
  })

  it.each([
    ['a process of this machine that is gone', JSON.stringify({ token: 't', pid: deadPid, host: hostname() })],
    ['another machine that touches it no more', JSON.stringify({ token: 't', pid: 1, host: 'elsewhere' })],
    ['a process that died while it wrote', '{"tok'],
    ['nobody', ''],
  ])('left behind by %s is taken', async (_, content) => {
    const file = await lockFile(content)
    const lock = await FileLock.acquire(file, forever, () => {}, quick)
    await lock.requireHeld('m')
    await lock.release()
  })

  it('that another machine still touches is waited for until it is cancelled', async () => {
    const file = await lockFile(JSON.stringify({ token: 't', pid: 1, host: 'elsewhere' }))
    const beating = setInterval(() => void utimes(file, new Date(), new Date()), 20)
    const controller = new AbortController()
    let waited = 0
    setTimeout(() => controller.abort(), 400)
    await expect(FileLock.acquire(file, controller.signal, () => waited++, quick)).rejects.toThrow('Cancelled')
    clearInterval(beating)
    expect(waited).toBe(1)
  })

  it('that cannot be created at all is told, and not waited for', async () => {
    const folder = await temporaryFolder()
    await writeFile(path.join(folder, 'file'), '')
    await expect(FileLock.acquire(path.join(folder, 'file', 'x.lock'), forever, () => {}, quick)).rejects.toMatchObject({ code: 'file-unwritable' })
    // A link to nowhere is there for whoever wants to create it, and not for whoever wants to read it.
    await symlink(path.join(folder, 'no', 'where'), path.join(folder, 'y.lock'))
    await expect(FileLock.acquire(path.join(folder, 'y.lock'), forever, () => {}, quick)).rejects.toMatchObject({ code: 'file-unwritable' })
  })

  it('that was taken away meanwhile is noticed, and left to its new holder', async () => {
    const file = await lockFile()
    const lock = await FileLock.acquire(file, forever)
    await writeFile(file, JSON.stringify({ token: 'other' }))
    await expect(lock.requireHeld('some/model')).rejects.toMatchObject({ code: 'model-busy' })
    await lock.release()
    expect(await readFile(file, 'utf8')).toContain('other')
  })
})
