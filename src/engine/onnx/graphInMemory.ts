import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { InklingError, reasonOf } from '../../base/errors'
import { externalDataLocations } from '../../library/onnxExternalData'
import { isSafePath } from '../../library/safePath'

export interface GraphInMemory {
  readonly model: Uint8Array
  /** The files that hold its weights, as the model names them. */
  readonly externalData: readonly { readonly path: string; readonly data: Uint8Array }[]
}

/**
 * Reads a graph with the weights beside it, for a runtime that opens no files.
 * @throws InklingError `model-file-broken` where it names weights outside of its folder, `file-unreadable`
 */
export async function readGraph(file: string): Promise<GraphInMemory> {
  const model = await read(file)
  const names = await externalDataLocations({ name: file, sizeBytes: model.length, read: async (offset, length) => model.subarray(offset, offset + length) })
  const externalData = []
  for (const name of names) {
    if (!isSafePath(name)) throw InklingError.of('model-file-broken', { file, reason: 'it takes weights from outside its folder' })
    externalData.push({ path: name, data: await read(path.join(path.dirname(file), name)) })
  }
  return { model, externalData }
}

async function read(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file)
  } catch (error) {
    throw InklingError.of('file-unreadable', { file, reason: reasonOf(error) }, error)
  }
}
