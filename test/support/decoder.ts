import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { buildDecoder } from '../../kernels/build.mjs'

const root = path.join(__dirname, '../..')

/** decoder.wasm as its sources stand: built when they are newer than what lies in dist. */
export async function decoderFile(): Promise<string> {
  const built = path.join(root, 'dist/decoder.wasm')
  const sources = path.join(root, 'kernels/assembly/decoder')
  const newest = Math.max(...readdirSync(sources).map((file) => statSync(path.join(sources, file)).mtimeMs))
  if ((statSync(built, { throwIfNoEntry: false })?.mtimeMs ?? 0) < newest) await buildDecoder()
  return built
}
