import * as fs from 'node:fs/promises'
import * as path from 'node:path'
import { inspectModel } from './inspect'
import type { ModelListEntry } from './describeModel'

/** The model inside the package, as lists show it. */
export async function embeddedEntry(folder: string): Promise<ModelListEntry> {
  const names = await fs.readdir(folder).catch(() => [])
  const sizes = await Promise.all(names.map((name) => fs.stat(path.join(folder, name)).then(({ size }) => size)))
  const files = names.map((name) => ({ path: name }))
  const { parameters, contextLength } = await inspectModel(folder, { layout: 'safetensors', modelFile: 'model.safetensors', files })
  return {
    id: '', title: 'Inkling', state: 'embedded', folder, parameters, contextLength, licence: 'MIT',
    sizeBytes: sizes.reduce((sum, size) => sum + size, 0), summary: 'Came with Inkling; works without a network.',
  }
}
