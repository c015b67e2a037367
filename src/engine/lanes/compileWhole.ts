import { setFlagsFromString } from 'node:v8'
import { webAssembly, type Module } from '../../base/webAssembly'
import { isCareful, wideFlag } from './wideVectors'

/** V8's quick first code, and code of functions that were not called yet. */
const shortcuts = ['liftoff', 'wasm-lazy-compilation'] as const

/** Flags are the process's: one module at a time. */
let last: Promise<unknown> = Promise.resolve()

/**
 * Compiles all of a module to the code that it will run on. As a rule V8 begins with code that is made quickly and runs
 * slowly, which a first prompt would spend half of its time in. For modules that are small: it takes a millisecond a kilobyte.
 * @param isWide whether pairs of vectors may become one; only where `hasWideVectors`
 * @throws CompileError
 */
export function compileWhole(bytes: Uint8Array, isWide: boolean): Promise<Module> {
  const compiled = last.then(() => compile(bytes, isWide))
  last = compiled.catch(() => {})
  return compiled
}

async function compile(bytes: Uint8Array, isWide: boolean): Promise<Module> {
  if (isCareful) return webAssembly.compile(bytes)
  // To wait for the compiler alone does not keep a process of later Nodes from ending.
  const alive = setInterval(() => {}, 1000)
  for (const name of shortcuts) setFlagsFromString(`--no-${name}`)
  if (isWide) setFlagsFromString(`--${wideFlag}`)
  try {
    return await webAssembly.compile(bytes)
  } finally {
    for (const name of shortcuts) setFlagsFromString(`--${name}`)
    if (isWide) setFlagsFromString(`--no-${wideFlag}`)
    clearInterval(alive)
  }
}
