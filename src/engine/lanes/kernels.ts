import { readFile } from 'node:fs/promises'
import type { Module } from '../../base/webAssembly'
import { compileWhole } from './compileWhole'
import { hasWideVectors } from './wideVectors'

const compiled = new Map<string, Promise<Module>>()

/**
 * The decoder's kernels, compiled once for all models of a process. To be asked for early: while others compile them, the
 * process reads files.
 * @param file decoder.wasm
 */
export function kernelsIn(file: string): Promise<Module> {
  const known = compiled.get(file)
  if (known) return known
  const compiling = readFile(file).then((bytes) => compileWhole(bytes, hasWideVectors))
  compiled.set(file, compiling)
  compiling.catch(() => compiled.delete(file))
  return compiling
}
