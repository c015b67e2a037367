import { setFlagsFromString } from 'node:v8'
import { webAssembly, type Module } from '../../base/webAssembly'

/** V8's quick first code, and code of functions that were not called yet. */
const shortcuts = ['liftoff', 'wasm-lazy-compilation'] as const

/**
 * Compiles all of a module to the code that it will run on. As a rule V8 begins with code that is made quickly and runs
 * slowly, which a first prompt would spend half of its time in. For modules that are small: it takes a millisecond a kilobyte.
 * @throws CompileError
 */
export async function compileWhole(bytes: Uint8Array): Promise<Module> {
  // To wait for the compiler alone does not keep a process of later Nodes from ending.
  const alive = setInterval(() => {}, 1000)
  for (const name of shortcuts) setFlagsFromString(`--no-${name}`)
  try {
    return await webAssembly.compile(bytes)
  } finally {
    for (const name of shortcuts) setFlagsFromString(`--${name}`)
    clearInterval(alive)
  }
}
