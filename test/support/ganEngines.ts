import { readFile, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { EngineFactory } from '../../src/gan/ganEngine'
import { describeGan } from '../../src/gan/network'
import { initialState } from '../../src/gan/trainer'
import { wasmEngineFactory } from '../../src/gan-tfjs/wasmBackend'
import { processEngineFactory } from '../../src/engine/gan/processEngines'
import { allowRelaxedSimd } from '../../src/engine/relaxedSimd'
import { kernelFile } from '../../src/gan-tfjs/kernelFile'
import { buildKernels, type kernelBuilds } from '../../kernels/build.mjs'
import { tinySettings } from './tinyRun'

const root = path.resolve(import.meta.dirname, '../..')

allowRelaxedSimd()

/** The kernels as they stand in the sources: built when they are newer than what lies in dist. */
export async function kernelBytes(name: (typeof kernelBuilds)[number] = kernelFile()): Promise<Uint8Array> {
  const built = path.join(root, 'dist', name)
  const sources = ['matmul.ts', 'pack.ts', 'elementwise.ts', 'index.ts'].map((file) => path.join(root, 'kernels/assembly', file))
  const times = await Promise.all(sources.map(async (file) => (await stat(file)).mtimeMs))
  const fresh = await stat(built).then(({ mtimeMs }) => mtimeMs > Math.max(...times), () => false)
  if (!fresh) await buildKernels()
  return readFile(built)
}

export function tfjsWasmBytes(): Promise<Uint8Array> {
  const folder = path.dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json'))
  return readFile(path.join(folder, 'dist/tfjs-backend-wasm-simd.wasm'))
}

export async function wasmFactory(): Promise<EngineFactory> {
  return wasmEngineFactory(await tfjsWasmBytes(), await kernelBytes())
}

/** Engines on tfjs-node; undefined where its library is not installed, as on most machines. */
export async function tfjsNodeFactory(): Promise<EngineFactory | undefined> {
  const factory = processEngineFactory('tfjs-node', kernelBytes)
  const made = await factory(describeGan(tinySettings), initialState(tinySettings)).catch(() => undefined)
  made?.dispose()
  return made && factory
}
