// @ts-check
/**
 * Makes the package that a person installs: one for each platform, because the runtime in it is native. Platforms that
 * onnxruntime-node has no binaries for get the runtime as WebAssembly, and so does the package for all others.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { run } from './processes.mjs'
import { root } from './project.mjs'
import { scratch } from './scratch.mjs'

/** The editor's names of platforms, and where onnxruntime-node keeps its binaries for them; undefined where it has none. */
const binaries = {
  'linux-x64': 'linux/x64',
  'linux-arm64': 'linux/arm64',
  'darwin-arm64': 'darwin/arm64',
  'win32-x64': 'win32/x64',
  'win32-arm64': 'win32/arm64',
  'darwin-x64': undefined,
  'alpine-x64': undefined,
  'alpine-arm64': undefined,
  'linux-armhf': undefined,
  universal: undefined,
}

/** What runs the model natively, and what does where that cannot be had. The engine finds its modules by `require`, the probe by `import`: of onnxruntime-common that takes the kind that the module itself is of. */
const nativeRuntime = (/** @type {string} */ folder) => [
  'onnxruntime-node/package.json', 'onnxruntime-node/dist/*.js', `onnxruntime-node/bin/napi-v6/${folder}/**`,
  'onnxruntime-common/dist/cjs/**/*.js', 'onnxruntime-common/dist/cjs/package.json',
]
export const wasmRuntime = [
  'onnxruntime-web/package.json', 'onnxruntime-web/dist/ort.node.min.js', 'onnxruntime-web/dist/ort.node.min.mjs',
  'onnxruntime-web/dist/ort-wasm-simd-threaded.mjs', 'onnxruntime-web/dist/ort-wasm-simd-threaded.wasm',
  'onnxruntime-common/dist/cjs/**/*.js', 'onnxruntime-common/dist/cjs/package.json', 'onnxruntime-common/dist/esm/**/*.js', 'onnxruntime-common/dist/esm/package.json',
]

/** @typedef {keyof typeof binaries} Target */

export const targets = /** @type {readonly Target[]} */ (Object.keys(binaries))

/** @param {string} name @returns {name is Target} */
export function isTarget(name) {
  return Object.hasOwn(binaries, name)
}

export const thisMachine = `${process.platform}-${process.arch}`

/**
 * Packages what was built.
 * @param {Target} target
 * @param {string} file the package to write
 */
export async function packageExtension(target, file) {
  const { folder, remove } = scratch('package')
  const ignoreFile = path.join(folder, 'vscodeignore')
  const shipped = readFileSync(path.join(root, '.vscodeignore'), 'utf8')
  const native = binaries[target]
  const runtime = native === undefined ? wasmRuntime : nativeRuntime(native)
  writeFileSync(ignoreFile, [shipped, ...runtime.map((file) => `!node_modules/${file}`), ''].join('\n'))
  const ended = await run(
    process.execPath,
    [
      path.join(root, 'node_modules/@vscode/vsce/vsce'), 'package', ...(target === 'universal' ? [] : ['--target', target]), '--out', file, '--ignoreFile', ignoreFile,
      '--allow-missing-repository', '--no-rewrite-relative-links',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  remove()
  if (!ended.ok) throw new Error(`vsce could not make the package: ${ended.reason}.`)
}
