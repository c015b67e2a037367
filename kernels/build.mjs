// Compiles the kernels to dist/. They take their caller's memory and have none of their own.
import { mkdir, rename } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))

/** The same kernels for every engine, and for those that know relaxed SIMD. */
export const kernelBuilds = ['kernels.wasm', 'kernels-fused.wasm']

const relaxed = ['--enable', 'relaxed-simd']

/** Compiles those of the GAN to dist/. They work on the heap of tfjs-wasm. */
export async function buildKernels() {
  for (const name of kernelBuilds) await build(name, 'index.ts', name === 'kernels-fused.wasm' ? relaxed : [])
}

/** Compiles that of GPT-2 to dist/decoder.wasm, for threads that share a memory of up to 4 GiB. */
export async function buildDecoder() {
  await build('decoder.wasm', 'decoder/index.ts', [...relaxed, '--enable', 'threads', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'])
}

async function build(name, entry, options) {
  const target = path.join(root, 'dist', name)
  // Written beside it and renamed, so that nobody ever reads half a module.
  const outFile = `dist/${name}.${process.pid}.wasm`
  await mkdir(path.join(root, 'dist'), { recursive: true })
  // The compiler is large: loaded when something has to be compiled.
  const { default: asc } = await import('assemblyscript/asc')
  const { error, stderr } = await asc.main(
    [`kernels/assembly/${entry}`, '--outFile', outFile, '-O3', '--converge', '--noAssert', '--runtime', 'stub', '--use', 'abort=', '--enable', 'simd', ...options, '--importMemory', '--baseDir', root],
    {},
  )
  if (error) throw new Error(`The kernels do not compile: ${stderr.toString()}`, { cause: error })
  await rename(path.join(root, outFile), target)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildKernels()
  await buildDecoder()
}
