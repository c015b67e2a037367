import { truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { mostGraphBytes, requireFits } from '../../../../src/engine/onnx/electronLimit'
import { temporaryFolders } from './temporaryFolder'

const newFolder = temporaryFolders()

describe('a graph', () => {
  it.each([
    ['that Electron has room for is taken', mostGraphBytes - 1, true, undefined],
    ['that would end Electron is refused before', mostGraphBytes, true, 'model-too-large-here'],
    ['of any size is taken on a Node of one’s own', 3 * mostGraphBytes, false, undefined],
  ])('%s', async (_, size, isElectron, code) => {
    const file = path.join(newFolder(), 'model.onnx')
    writeFileSync(file, '')
    // A hole in the file: it takes no space.
    truncateSync(file, size)
    expect(await requireFits(file, isElectron).catch((error: unknown) => error)).toEqual(code === undefined ? undefined : expect.objectContaining({ code, remedy: expect.objectContaining({ setting: 'inkling.nodePath' }) as unknown }))
  })
})
