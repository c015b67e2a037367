import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { unpackDataset, type Dataset } from '../../src/gan/dataset'
import { buildStudioAssets } from '../../webview-ui/assets.mjs'

const folder = path.resolve(import.meta.dirname, '../../dist/studio')

/** A file that the Studio loads, built when it is not there yet. */
export async function studioFile(name: string): Promise<Uint8Array> {
  const file = path.join(folder, name)
  if (!(await stat(file).then(() => true, () => false))) await buildStudioAssets()
  return readFile(file)
}

/** The 60,000 digits that the extension ships. */
export async function mnist(): Promise<Dataset> {
  return unpackDataset(gunzipSync(await studioFile('digits.bin.gz')))
}
