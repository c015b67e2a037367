import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { keepTokenizer, keptTokenizer, type TokenizerFolders } from '../../../src/engine/keptTokenizer'
import type { TokenizerParts } from '../../../src/language/tokenizerParts'

const files = [new TextEncoder().encode('{"a":0,"b":1,"ab":2}'), new TextEncoder().encode('a b')]

describe('the parts of a tokenizer', () => {
  let folder: string
  const here = (): TokenizerFolders => ({ shipped: undefined, cache: folder })
  const make = vi.fn((): TokenizerParts => ({ tables: { vocabulary: { ids: new Map([['a', 0], ['b', 1], ['ab', 2]]), tokens: ['a', 'b', 'ab'] }, merges: Int32Array.of(0, 1, 2) }, rest: { normalizer: { type: 'NFC' } } }))

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
    const made = keptTokenizer(here(), files, make)
    await kept()
    expect(keptTokenizer(here(), files, make)).toEqual(made)
    expect(make).toHaveBeenCalledTimes(1)
    expect(readdirSync(folder)).toHaveLength(1)
  })

  it('are made anew for other files', async () => {
    keptTokenizer(here(), files, make)
    await kept()
    keptTokenizer(here(), [files[0]!, new TextEncoder().encode('b a')], make)
    expect(make).toHaveBeenCalledTimes(2)
  })

  it('are made anew where a byte of what was kept is another', async () => {
    keptTokenizer(here(), files, make)
    const file = await kept()
    const bytes = readFileSync(file)
    bytes[bytes.length - 1]! ^= 1
    writeFileSync(file, bytes)
    keptTokenizer(here(), files, make)
    expect(make).toHaveBeenCalledTimes(2)
  })

  it('are taken from what comes with the program, which stays as it is', async () => {
    const shipped = path.join(folder, 'shipped')
    await keepTokenizer(shipped, files, make())
    const cache = path.join(folder, 'cache')
    expect(keptTokenizer({ shipped, cache }, files, () => { throw new Error('made anew') })).toEqual(make())
    keptTokenizer({ shipped, cache }, [files[0]!], make)
    await vi.waitFor(() => expect(readdirSync(cache)).toHaveLength(1))
    expect(readdirSync(shipped)).toHaveLength(1)
  })

  it('are made where nothing can be kept', async () => {
    writeFileSync(path.join(folder, 'a file'), '')
    for (const place of [undefined, path.join(folder, 'a file', 'within')]) expect((keptTokenizer({ shipped: undefined, cache: place }, files, make)).tables.merges).toEqual(Int32Array.of(0, 1, 2))
  })

  it('that cannot be made are not kept', async () => {
    expect(() => keptTokenizer(here(), files, () => { throw new Error('broken') })).toThrow('broken')
    expect(readdirSync(folder)).toEqual([])
  })
})
