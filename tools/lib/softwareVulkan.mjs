// @ts-check
/**
 * A graphics card that is a program: SwiftShader's Vulkan driver, out of npm's @sparticuz/chromium, so that what runs on
 * WebGPU can be tested on machines without a card. It is no devDependency: 2 MB of its 70 are wanted, and only here.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import { npm } from './npm.mjs'
import { localFolder } from './project.mjs'
import { say } from './say.mjs'

const version = '153.0.0'

/** The driver is a program for this platform alone. */
export const hasSoftwareVulkan = process.platform === 'linux' && process.arch === 'x64'

/**
 * Gets the driver when it is not there yet.
 * @returns {Promise<Readonly<Record<string, string>>>} the environment in which a process finds it
 */
export async function ensureSoftwareVulkan() {
  const home = path.join(process.env.VSCODE_SERVER_CACHE ?? localFolder, `swiftshader-${version}`)
  if (!existsSync(home)) {
    say(`Getting SwiftShader ${version} into ${home}, once, 70 MB …`)
    const unfinished = `${home}.${process.pid}`
    mkdirSync(unfinished, { recursive: true })
    try {
      await fill(unfinished)
      // Another process may have been quicker; its copy is as good.
      if (!existsSync(home)) renameSync(unfinished, home)
    } finally {
      rmSync(unfinished, { recursive: true, force: true })
    }
  }
  return { VK_ICD_FILENAMES: path.join(home, 'vk_swiftshader_icd.json'), LD_LIBRARY_PATH: home }
}

/** @param {string} folder */
async function fill(folder) {
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ private: true }))
  await npm(['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', `@sparticuz/chromium@${version}`], folder)
  const packed = readFileSync(path.join(folder, 'node_modules/@sparticuz/chromium/bin/swiftshader.tar.br'))
  const unpacked = spawnSync('tar', ['-xf', '-', '-C', folder], { input: brotliDecompressSync(packed), encoding: 'utf8' })
  if (unpacked.status !== 0) throw new Error(`tar could not unpack SwiftShader: ${unpacked.stderr}`)
  for (const name of ['node_modules', 'package.json', 'package-lock.json']) rmSync(path.join(folder, name), { recursive: true, force: true })
}
