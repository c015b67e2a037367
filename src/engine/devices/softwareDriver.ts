import * as fs from 'node:fs/promises'
import * as path from 'node:path'

/** Vulkan drivers that are programs for the processor. */
const known = /swiftshader|lavapipe|lvp_|llvmpipe/i

/**
 * What plays the graphics card for WebGPU where there is none; undefined where there is one, or where that cannot be
 * told: only Linux lists its drivers and cards as files.
 */
export async function softwareDriver(): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined
  const chosen = (process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES)?.split(':').map((file) => path.basename(file))
  if (chosen?.every((file) => known.test(file)) === true) return chosen.join(', ')
  const cards = [...(await list('/dev/dri')).filter((name) => name.startsWith('render')), ...(await list('/dev')).filter((name) => /^nvidia\d/.test(name))]
  return cards.length === 0 ? 'no graphics card here' : undefined
}

async function list(folder: string): Promise<readonly string[]> {
  return fs.readdir(folder).catch(() => [])
}
