import { existsSync, readdirSync, readFileSync, truncateSync, utimesSync, writeFileSync, mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Gpt2Graph } from '../../../../src/gpt2/graph'
import { GraphCache } from '../../../../src/engine/onnx/graphCache'
import { temporaryFolders } from './temporaryFolder'

const newFolder = temporaryFolders()

function graph(byte: number, write: Gpt2Graph['writeWeights'] = async (sink) => sink.write(4, new Uint8Array(6).fill(byte))): Gpt2Graph {
  return { model: new Uint8Array(20).fill(byte), prompts: new Uint8Array(20).fill(byte + 1), weightsSize: 10, writeWeights: write }
}

describe('the cache of made graphs', () => {
  it('finds what was stored, and nothing else', async () => {
    const folder = newFolder()
    const cache = new GraphCache(path.join(folder, 'not yet there'))
    expect(cache.find('a')).toBeUndefined()
    const stored = await cache.store('a', graph(7))
    expect(cache.find('a')).toBe(stored)
    expect(cache.find('b')).toBeUndefined()
    expect([...readFileSync(path.join(stored, 'model.onnx'))]).toEqual(Array(20).fill(7))
    expect([...readFileSync(path.join(stored, 'weights.bin'))]).toEqual([0, 0, 0, 0, 7, 7, 7, 7, 7, 7])
  })

  it.each<[string, (entry: string) => void]>([
    ['whose weights were cut off', (entry) => truncateSync(path.join(entry, 'weights.bin'), 9)],
    ['whose weights are gone', (entry) => rmSync(path.join(entry, 'weights.bin'))],
    ['whose model was changed', (entry) => writeFileSync(path.join(entry, 'model.onnx'), new Uint8Array(20))],
    ['whose graph for prompts was changed', (entry) => writeFileSync(path.join(entry, 'prompts.onnx'), new Uint8Array(20))],
    ['whose graph for prompts is gone', (entry) => rmSync(path.join(entry, 'prompts.onnx'))],
    ['whose model is gone', (entry) => rmSync(path.join(entry, 'model.onnx'))],
    ['whose seal is gone', (entry) => rmSync(path.join(entry, 'seal.json'))],
    ['whose seal is torn', (entry) => truncateSync(path.join(entry, 'seal.json'), 5)],
    ['whose seal is null', (entry) => writeFileSync(path.join(entry, 'seal.json'), 'null')],
  ])('takes no entry %s, and puts a good one in its place', async (_, spoil) => {
    const cache = new GraphCache(newFolder())
    const stored = await cache.store('a', graph(7))
    spoil(stored)
    expect(cache.find('a')).toBeUndefined()
    await cache.store('a', graph(8))
    expect(cache.find('a')).toBe(stored)
    expect(readFileSync(path.join(stored, 'model.onnx'))[0]).toBe(8)
  })

  it('takes an entry without a graph for prompts, too', async () => {
    const cache = new GraphCache(newFolder())
    const stored = await cache.store('a', { ...graph(7), prompts: undefined })
    expect(cache.find('a')).toBe(stored)
    expect(existsSync(path.join(stored, 'prompts.onnx'))).toBe(false)
  })

  it('leaves nothing behind when the making fails', async () => {
    const folder = newFolder()
    const cache = new GraphCache(folder)
    await expect(cache.store('a', graph(7, async () => { throw new Error('no more') }))).rejects.toThrow('no more')
    expect(readdirSync(folder)).toEqual([])
  })

  it('keeps the first of two that are made at the same time, and both succeed', async () => {
    const folder = newFolder()
    const caches = [new GraphCache(folder), new GraphCache(folder)]
    let waiting = 0
    let go = (): void => {}
    const both = new Promise<void>((resolve) => { go = resolve })
    const paths = await Promise.all(caches.map((cache, i) => cache.store('a', graph(i, async (sink) => {
      if (++waiting === 2) go()
      await both
      await sink.write(0, new Uint8Array(10).fill(i))
    }))))
    expect(paths[0]).toBe(paths[1])
    const byte = readFileSync(path.join(paths[0] ?? '', 'model.onnx'))[0]
    expect(readFileSync(path.join(folder, 'a', 'weights.bin'))[9]).toBe(byte)
    expect(readdirSync(folder)).toEqual(['a'])
  })

  it.each([
    ['what a dead process left a day ago', 'x.1-aa.tmp', 2, false],
    ['what it left of a single file', '.x.json.aa.part', 2, false],
    ['nothing that a living one may still write', 'x.2-bb.tmp', 0.5, true],
    ['an entry that no one opened for two months', '0123456789abcdef0123456789abcdef', 61, false],
    ['no entry that was opened last month', '0123456789abcdef0123456789abcdef', 31, true],
    ['the tables of a tokenizer that no one used for two months', '0123456789abcdef0123456789abcdef.tokenizer', 61, false],
    ['nothing that is not its own', 'photographs', 1000, true],
  ])('clears away %s', async (_, name, days, stays) => {
    const folder = newFolder()
    mkdirSync(path.join(folder, name))
    const time = Date.now() / 1000 - days * 24 * 60 * 60
    utimesSync(path.join(folder, name), time, time)
    await new GraphCache(folder).store('a', graph(1))
    expect(existsSync(path.join(folder, name))).toBe(stays)
  })

  it('counts finding as use', async () => {
    const cache = new GraphCache(newFolder())
    const entry = await cache.store('0123456789abcdef0123456789abcdef', graph(1))
    utimesSync(entry, 1, 1)
    cache.find('0123456789abcdef0123456789abcdef')
    await cache.store('b', graph(2))
    expect(existsSync(entry)).toBe(true)
  })

  it('names the place it cannot write to', async () => {
    const folder = newFolder()
    writeFileSync(path.join(folder, 'file'), '')
    const cache = new GraphCache(path.join(folder, 'file'))
    await expect(cache.store('a', graph(1))).rejects.toMatchObject({ code: 'file-unwritable', facts: { file: path.join(folder, 'file', 'a') } })
  })
})
