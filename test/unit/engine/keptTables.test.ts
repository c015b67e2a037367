import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { keptTables } from '../../../src/engine/keptTables'
import type { BpeTables } from '../../../src/language/bpeTables'

const files = [new TextEncoder().encode('{"a":0,"b":1,"ab":2}'), new TextEncoder().encode('a b')]

describe('the tables of a tokenizer', () => {
  let folder: string
  const make = vi.fn((): BpeTables => ({ vocabulary: { ids: new Map([['a', 0], ['b', 1], ['ab', 2]]), tokens: ['a', 'b', 'ab'] }, merges: Int32Array.of(0, 1, 2) }))

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'inkling-tables-'))
    make.mockClear()
  })

  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  /** The file that holds them, once it is there. */
  async function kept(): Promise<string> {
    return vi.waitFor(() => {
      const [name] = readdirSync(folder).filter((entry) => entry.endsWith('.tokenizer'))
      if (name === undefined) throw new Error('not yet')
      return path.join(folder, name)
    })
  }

  it('are made once, and the same when they are read', async () => {
    const made = await keptTables(folder, files, make)
    await kept()
    expect(await keptTables(folder, files, make)).toEqual(made)
    expect(make).toHaveBeenCalledTimes(1)
    expect(readdirSync(folder)).toHaveLength(1)
  })

  it('are made anew for other files', async () => {
    await keptTables(folder, files, make)
    await kept()
    await keptTables(folder, [files[0]!, new TextEncoder().encode('b a')], make)
    expect(make).toHaveBeenCalledTimes(2)
  })

  it('are made anew where a byte of what was kept is another', async () => {
    await keptTables(folder, files, make)
    const file = await kept()
    const bytes = readFileSync(file)
    bytes[bytes.length - 1]! ^= 1
    writeFileSync(file, bytes)
    await keptTables(folder, files, make)
    expect(make).toHaveBeenCalledTimes(2)
  })

  it('are made where nothing can be kept', async () => {
    writeFileSync(path.join(folder, 'a file'), '')
    for (const place of [undefined, path.join(folder, 'a file', 'within')]) expect((await keptTables(place, files, make)).merges).toEqual(Int32Array.of(0, 1, 2))
  })

  it('that cannot be made are not kept', async () => {
    await expect(keptTables(folder, files, () => { throw new Error('broken') })).rejects.toThrow('broken')
    expect(readdirSync(folder)).toEqual([])
  })
})
