// Compiles the kernels to dist/kernels.wasm. They take their caller's memory (tfjs-wasm's heap) and have none of their own.
import { mkdir, readFile, rename } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))

/** @returns {Promise<Uint8Array>} the module's bytes */
export async function buildKernels() {
  const target = path.join(root, 'dist/kernels.wasm')
  // Written beside it and renamed, so that nobody ever reads half a module.
  const outFile = `dist/kernels.${process.pid}.wasm`
  await mkdir(path.join(root, 'dist'), { recursive: true })
  // The compiler is large: loaded when something has to be compiled.
  const { default: asc } = await import('assemblyscript/asc')
  const { error, stderr } = await asc.main(
    ['kernels/assembly/index.ts', '--outFile', outFile, '-O3', '--converge', '--noAssert', '--runtime', 'stub', '--use', 'abort=', '--enable', 'simd', '--importMemory', '--baseDir', root],
    {},
  )
  if (error) throw new Error(`The kernels do not compile: ${stderr.toString()}`, { cause: error })
  await rename(path.join(root, outFile), target)
  return readFile(target)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  void buildKernels().then((bytes) => console.log(`dist/kernels.wasm: ${bytes.length} bytes`))
}
