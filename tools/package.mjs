// @ts-check
/**
 * npm run package: builds and makes the package to install.
 *   --target T   the platform that it is for; this machine's without it
 *   --out FILE   the package to write
 */
import { rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { ensureInstalled } from './lib/npm.mjs'
import { isTarget, packageExtension, targets, thisMachine } from './lib/package.mjs'
import { run } from './lib/processes.mjs'
import { manifest, root } from './lib/project.mjs'
import { runMain, say } from './lib/say.mjs'

await runMain(async () => {
  const { name, version } = manifest()
  const { values } = parseArgs({ options: { target: { type: 'string', default: thisMachine }, out: { type: 'string' } } })
  const { target, out = path.join(root, `${name}-${target}-${version}.vsix`) } = values
  if (!isTarget(target)) throw new Error(`There is no package for ${target}: the runtime exists for ${targets.join(', ')}.`)

  await ensureInstalled()
  rmSync(path.join(root, 'dist'), { recursive: true, force: true }) // what an earlier build left there would ship too
  const built = await run(process.execPath, [path.join(root, 'esbuild.js')])
  if (!built.ok) throw new Error(`The build failed: ${built.reason}.`)
  await packageExtension(target, path.resolve(out))
  say(`${out}, ${(statSync(out).size / 1e6).toFixed(1)} MB`)
})
