import { existsSync, statSync } from 'node:fs'
import * as path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isTarget, packageExtension, thisMachine, wasmRuntime } from '../../tools/lib/package.mjs'
import { root } from '../../tools/lib/project.mjs'
import { scratch } from '../../tools/lib/scratch.mjs'
import { Editor } from '../support/editor'
import { provoke } from '../support/provoke'

const megabyte = 1e6

/** What somebody who installs the extension must get. */
const needed = [
  'package.json',
  'LICENSE.txt',
  'dist/extension.js',
  'dist/program.js',
  'dist/engine.js',
  'dist/decoder.wasm',
  'dist/probe.js',
  'dist/trainer.js',
  'dist/cli.js',
  'dist/studio/page.js',
  'dist/studio/worker.js',
  'dist/studio/digits.bin.gz',
  'media/model/config.json',
  'media/model/model.safetensors',
  'media/model/tokenizer.json',
]

const neededNatively = [
  'node_modules/onnxruntime-common/dist/cjs/index.js',
  'node_modules/onnxruntime-node/dist/index.js',
  `node_modules/onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}/onnxruntime_binding.node`,
]

/** What nobody who installs it has a use for. */
const unwanted: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['sources', /\.ts$|^src\//],
  ['tests', /(^|\/)test/],
  ['source maps', /\.map$/],
  ['tools', /^(tools|bench|sample|docs)\//],
  ['configuration of this repository', /^\.(?!vsixmanifest$)|(^|\/)(tsconfig|esbuild|eslint|vitest)/],
  ['packages that are bundled or only for development', /^node_modules\/(?!onnxruntime-(node|web|common)\/)/],
]

const unwantedNatively: typeof unwanted = [
  ['runtime as WebAssembly', /^node_modules\/onnxruntime-web/],
  ['binaries of other platforms', new RegExp(`/bin/napi-v6/(?!${process.platform}/${process.arch}/)`)],
]

const hasNative = isTarget(thisMachine) && existsSync(path.join(root, neededNatively.at(-1) ?? ''))

describe.runIf(hasNative)('The package', () => {
  const { folder, remove } = scratch('vsix')
  const vsix = path.join(folder, 'inkling.vsix')
  let editor: Editor
  let files: readonly string[]

  beforeAll(async () => {
    if (!isTarget(thisMachine)) return
    await packageExtension(thisMachine, vsix)
    editor = await Editor.open({ vsix, files: { 'note.md': '' }, settings: { 'inkling.suggestions.confidence': 'eager' } })
    files = editor.installedFiles()
  })
  afterAll(async () => {
    await editor.close()
    remove()
  })

  it('is active once it is installed, without a complaint', async () => {
    expect(await editor.workbench.statusItem.isVisible()).toBe(true)
    expect(await editor.workbench.notifications.messages()).toEqual([])
  })

  it('suggests words with the runtime and the model that are in it', async () => {
    const { workbench } = editor
    await workbench.openFile('note.md')
    expect((await provoke(workbench, '')).ghost).toMatch(/\S/)
  })

  it.each([...needed, ...neededNatively])('has %s', (file) => {
    expect(files).toContain(file)
  })

  it.each([...unwanted, ...unwantedNatively])('has no %s', (_, pattern) => {
    expect(files.filter((file) => pattern.test(file))).toEqual([])
  })

  it('has the tokenizer in the form that is quick to read', () => {
    expect(files.filter((file) => /^dist\/tokenizers\/[0-9a-f]{32}\.tokenizer$/.test(file))).toHaveLength(1)
  })

  it('loads less than 150 KB of code with the window, and the rest when it is used', () => {
    const size = (file: string): number => statSync(path.join(root, file)).size
    const later = files.filter((file) => file.startsWith('dist/later/'))
    expect(size('dist/extension.js') + size('dist/program.js')).toBeLessThan(150_000)
    expect(later.reduce((sum, file) => sum + size(file), 0)).toBeGreaterThan(150_000)
  })

  it('is a download of less than 80 MB', () => {
    expect(statSync(vsix).size).toBeLessThan(80 * megabyte)
  })
})

describe('The package for platforms without a native runtime', () => {
  const { folder, remove } = scratch('vsix')
  const vsix = path.join(folder, 'inkling.vsix')
  let editor: Editor

  beforeAll(async () => {
    // That of Intel Macs and Alpine holds the same, but only they would install it.
    await packageExtension('universal', vsix)
    editor = await Editor.open({ vsix, files: { 'note.md': '' }, settings: { 'inkling.suggestions.confidence': 'eager' } })
  })
  afterAll(async () => {
    await editor.close()
    remove()
  })

  it('suggests words all the same, and says once that it is slower', async () => {
    const { workbench } = editor
    await workbench.openFile('note.md')
    await workbench.type('There was nothing to be done, and so they sat at the end of')
    expect(await workbench.waitForGhostText()).toMatch(/\S/)
    await workbench.notifications.waitFor('WebAssembly is used instead')
  })

  it('says in the status menu where the model runs', async () => {
    const { workbench } = editor
    await workbench.statusItem.click()
    await expect.poll(() => workbench.quickInput.box.innerText()).toContain('fp32 on wasm')
    await workbench.quickInput.dismiss()
  })

  it.each([...needed, ...wasmRuntime.filter((file) => !file.includes('*')).map((file) => `node_modules/${file}`)])('has %s', (file) => {
    expect(editor.installedFiles()).toContain(file)
  })

  it.each([...unwanted, ['native runtime', /^node_modules\/onnxruntime-node/] as const])('has no %s', (_, pattern) => {
    expect(editor.installedFiles().filter((file) => pattern.test(file))).toEqual([])
  })
})
