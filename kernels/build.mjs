// Compiles the kernels to dist/. They take their caller's memory (tfjs-wasm's heap) and have none of their own.
import { mkdir, rename } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))

/** The same kernels for every engine, and for those that know relaxed SIMD. */
export const kernelBuilds = ['kernels.wasm', 'kernels-fused.wasm']

/** Compiles them to dist/. */
export async function buildKernels() {
  for (const name of kernelBuilds) await build(name, name === 'kernels-fused.wasm' ? ['--enable', 'relaxed-simd'] : [])
}

async function build(name, options) {
  const target = path.join(root, 'dist', name)
  // Written beside it and renamed, so that nobody ever reads half a module.
  const outFile = `dist/${name}.${process.pid}.wasm`
  await mkdir(path.join(root, 'dist'), { recursive: true })
  // The compiler is large: loaded when something has to be compiled.
  const { default: asc } = await import('assemblyscript/asc')
  const { error, stderr } = await asc.main(
    ['kernels/assembly/index.ts', '--outFile', outFile, '-O3', '--converge', '--noAssert', '--runtime', 'stub', '--use', 'abort=', '--enable', 'simd', ...options, '--importMemory', '--baseDir', root],
    {},
  )
  if (error) throw new Error(`The kernels do not compile: ${stderr.toString()}`, { cause: error })
  await rename(path.join(root, outFile), target)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  void buildKernels()
}
