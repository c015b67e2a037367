import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Collects garbage now. WebAssembly's memory is given back with the last object that refers to it, and a process that rests
 * collects nothing of its own accord.
 */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (() => void) | undefined
  setFlagsFromString('--no-expose-gc')
  collect?.()
}
