import { mkdtempSync, rmSync } from 'node:fs'
import { mkdir, readdir, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PictureBatch } from '../../../src/gan/protocol/hostProtocol'
import { findPictures, PictureReader, type FoundPictures, type PictureDisk } from '../../../src/host/studio/pictureFiles'

const disk: PictureDisk<string> = {
  nameOf: (place) => path.basename(place),
  join: (folder, name) => path.join(folder, name),
  entries: async (folder) => (await readdir(folder, { withFileTypes: true })).map((entry) => ({ name: entry.name, kind: entry.isDirectory() ? 'folder' : entry.isFile() ? 'file' : 'neither' })),
  sizeBytes: async (file) => (await stat(file)).size,
  read: (file) => readFile(file),
}

describe('A folder of pictures', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'inkling-pictures-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const write = async (files: Readonly<Record<string, Uint8Array | string>>): Promise<void> => {
    for (const [name, bytes] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true })
      await writeFile(path.join(folder, name), bytes)
    }
  }
  const find = (signal = new AbortController().signal): Promise<FoundPictures<string>> => findPictures(disk, folder, signal)
  const readAll = async (found: FoundPictures<string>): Promise<PictureBatch[]> => {
    const reader = new PictureReader(disk, found)
    const batches: PictureBatch[] = []
    while (reader.left > 0) batches.push(await reader.next())
    return batches
  }
  const namesIn = ({ files }: FoundPictures<string>): string[] => files.map((file) => path.relative(folder, file))

  it('is looked through by its names’ endings, with the folders below', async () => {
    await write({ 'b.PNG': '', 'a.jpeg': '', 'notes.txt': '', 'sub/c.jpg': '', 'sub/png': '' })
    await symlink(folder, path.join(folder, 'sub/circle'))
    expect(namesIn(await find())).toEqual(['a.jpeg', 'b.PNG', 'sub/c.jpg'])
  })

  it('without any says so', async () => {
    await write({ 'notes.txt': 'no picture' })
    await expect(find()).rejects.toThrow(`There is no picture to learn from in ${path.basename(folder)}.`)
  })

  it('that is not there says so', async () => {
    await expect(findPictures(disk, path.join(folder, 'gone'), new AbortController().signal)).rejects.toThrow('gone cannot be read: ENOENT')
  })

  it('with more than fit says so, without listing them all', async () => {
    let listed = 0
    const endless: PictureDisk<string> = { ...disk, entries: () => Promise.resolve([{ name: 'deeper', kind: 'folder' }, ...Array.from({ length: 6000 }, (_, i) => ({ name: `${listed++}-${i}.png`, kind: 'file' as const }))]) }
    await expect(findPictures(endless, folder, new AbortController().signal)).rejects.toThrow('There are more than 20000 pictures')
    expect(listed).toBe(24_000) // four folders of the five that lie within reach
  })

  it('is left when the user has had enough', async () => {
    await expect(find(AbortSignal.abort())).rejects.toThrow('Cancelled')
  })

  it('has a folder in it that cannot be looked into: the others are read', async () => {
    await write({ 'a.png': 'a', 'locked/b.png': 'b' })
    const locked: PictureDisk<string> = { ...disk, entries: (place) => (place.endsWith('locked') ? Promise.reject(new Error('EACCES')) : disk.entries(place)) }
    const found = await findPictures(locked, folder, new AbortController().signal)
    expect(namesIn(found)).toEqual(['a.png'])
    expect((await readAll(found)).flatMap(({ refused }) => refused.map(({ name }) => name))).toEqual(['locked'])
  })

  it('of three thousand comes in order, a hundred or so at a time, each batch in one buffer', async () => {
    const names = Array.from({ length: 3000 }, (_, i) => `${String(i).padStart(4, '0')}.png`)
    await write(Object.fromEntries(names.map((name, i) => [name, Uint8Array.of(i & 255, i >> 8, ...new Uint8Array(i % 5))])))
    const batches = await readAll(await find())
    expect(Math.max(...batches.map(({ files }) => files.length))).toBeLessThan(200)
    expect(batches.map(({ left }) => left)).toEqual(batches.map((_, i) => names.length - batches.slice(0, i + 1).reduce((sum, { files }) => sum + files.length, 0)))
    const read = batches.flatMap(({ files, bytes }) => {
      let at = 0
      return files.map(({ name, sizeBytes }) => ({ name, bytes: [...bytes.subarray(at, (at += sizeBytes))] }))
    })
    expect(read).toEqual(names.map((name, i) => ({ name, bytes: [i & 255, i >> 8, ...new Uint8Array(i % 5)] })))
  })

  it('of large files comes a few at a time', async () => {
    for (let i = 0; i < 12; i++) await write({ [`${String(i).padStart(2, '0')}.jpg`]: new Uint8Array(3 * 2 ** 20) })
    const batches = await readAll(await find())
    expect(batches.flatMap(({ files }) => files)).toHaveLength(12)
    expect(Math.max(...batches.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(8 * 2 ** 20)
  })

  it('has files that cannot be read: they are refused by name, and one that is far too large is not read for that', async () => {
    await write({ 'a.png': 'a', 'gone.png': '', 'huge.png': '', 'z.png': 'z' })
    const found = await find()
    rmSync(path.join(folder, 'gone.png'))
    await truncate(path.join(folder, 'huge.png'), 2 ** 40)
    const [batch, ...more] = await readAll(found)
    expect(more).toEqual([])
    expect(batch?.files.map(({ name }) => name)).toEqual(['a.png', 'z.png'])
    expect(batch?.refused.map(({ error }) => [error.facts['file'], String(error.facts['reason']).slice(0, 6)])).toEqual([['gone.png', 'ENOENT'], ['huge.png', 'it is ']])
  })
})
