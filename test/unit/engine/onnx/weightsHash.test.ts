import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { FileSource } from '../../../../src/engine/onnx/fileSource'
import { fileHash } from '../../../../src/engine/onnx/weightsHash'
import { temporaryFolders } from './temporaryFolder'

const newFolder = temporaryFolders()

async function hashOf(file: string, memoFolder?: string): Promise<{ readonly hash: string; readonly bytesRead: number }> {
  const source = FileSource.open(file)
  let bytesRead = 0
  const read = source.read.bind(source)
  source.read = async (offset, length) => {
    const bytes = await read(offset, length)
    bytesRead += bytes.length
    return bytes
  }
  try {
    return { hash: await fileHash(source, memoFolder), bytesRead }
  } finally {
    source.close()
  }
}

function write(file: string, content: string, secondsAgo: number): string {
  writeFileSync(file, content)
  const time = Date.now() / 1000 - secondsAgo
  utimesSync(file, time, time)
  return createHash('sha256').update(content).digest('hex')
}

describe('the hash of a file', () => {
  it('is the SHA-256 of its content, with and without a memory', async () => {
    const folder = newFolder()
    const file = path.join(folder, 'w')
    const expected = write(file, 'weights', 60)
    expect(await hashOf(file)).toEqual({ hash: expected, bytesRead: 7 })
    expect(await hashOf(file, path.join(folder, 'memo'))).toEqual({ hash: expected, bytesRead: 7 })
  })

  it('is remembered while the file stays the same', async () => {
    const folder = newFolder()
    const file = path.join(folder, 'w')
    const expected = write(file, 'weights', 60)
    await hashOf(file, folder)
    expect(await hashOf(file, folder)).toEqual({ hash: expected, bytesRead: 0 })
  })

  it('is taken anew when the content changes, even to the same size and time', async () => {
    const folder = newFolder()
    const file = path.join(folder, 'w')
    write(file, 'weights', 60)
    await hashOf(file, folder)
    const { mtimeNs } = (await import('node:fs')).statSync(file, { bigint: true })
    writeFileSync(file, 'WEIGHTS')
    utimesSync(file, Number(mtimeNs) / 1e9, Number(mtimeNs) / 1e9)
    expect((await hashOf(file, folder)).hash).toBe(createHash('sha256').update('WEIGHTS').digest('hex'))
  })

  it('is not remembered of a file that may still be written', async () => {
    const folder = newFolder()
    const file = path.join(folder, 'w')
    write(file, 'weights', 0)
    await hashOf(file, path.join(folder, 'memo'))
    expect(existsSync(path.join(folder, 'memo'))).toBe(false)
  })

  it.each([
    ['is torn', (memo: string) => memo.slice(0, 10)],
    ['is of another size', (memo: string) => memo.replace('"size":"7"', '"size":"8"')],
    ['has no proper hash', (memo: string) => memo.replace(/"hash":"\w+"/, '"hash":"../../x"')],
    ['is an array', () => '[]'],
  ])('is taken anew when the memory %s', async (_, spoil) => {
    const folder = newFolder()
    const file = path.join(folder, 'w')
    const expected = write(file, 'weights', 60)
    const memory = path.join(folder, 'memo')
    await hashOf(file, memory)
    const memo = path.join(memory, readdirSync(memory)[0] ?? '')
    writeFileSync(memo, spoil(readFileSync(memo, 'utf8')))
    expect(await hashOf(file, memory)).toEqual({ hash: expected, bytesRead: 7 })
  })

  it('does without a memory that cannot be written', async () => {
    const folder = newFolder()
    const file = path.join(folder, 'w')
    const expected = write(file, 'weights', 60)
    expect((await hashOf(file, file)).hash).toBe(expected)
  })
})
