// Bundles what is shipped: the extension, the engine child, the command line and the Studio's page.
const esbuild = require('esbuild')
const fs = require('node:fs')
const path = require('node:path')
const { inPieces } = require('./esbuild.pieces.js')

const watch = process.argv.includes('--watch')
const tests = process.argv.includes('--tests')

/** Native modules and large runtimes stay in node_modules and are loaded on first use. */
const external = ['vscode', 'onnxruntime-node', 'onnxruntime-web', '@tensorflow/tfjs-node']

/**
 * Of transformers.js only the tokenizers are used. Its sources, other than its one-file builds, let the bundler leave the
 * rest behind, and with it the image library and the second copy of ONNX Runtime that it would load: 0.14 MB instead of 160.
 * @type {import('esbuild').Plugin}
 */
const tokenizersOnly = {
  name: 'tokenizers-only',
  setup(build) {
    const sources = path.join(path.dirname(require.resolve('@xenova/transformers')), '../src/transformers.js')
    const emptied = { contents: 'module.exports = {}' }
    const used = { contents: `export { PreTrainedTokenizer } from ${JSON.stringify(sources)}`, resolveDir: __dirname }
    build.onResolve({ filter: /^(@xenova\/transformers|sharp|onnxruntime-web\/webgpu)$/ }, ({ path: name }) => ({ path: name, namespace: 'tokenizers-only' }))
    build.onLoad({ filter: /.*/, namespace: 'tokenizers-only' }, ({ path: name }) => (name === '@xenova/transformers' ? used : emptied))
  },
}

/** An import for its effects that a package's "sideEffects" lets the bundler drop is missed only when it runs. */
const logOverride = /** @type {const} */ ({ 'ignored-bare-import': 'error' })

/** @type {import('esbuild').BuildOptions} */
const node = { bundle: true, platform: 'node', format: 'cjs', target: 'node20', external, sourcemap: 'linked', minify: !watch, logLevel: 'warning', logOverride, legalComments: 'none', plugins: [tokenizersOnly] }

/** @type {import('esbuild').BuildOptions[]} */
const builds = [
  { ...node, entryPoints: { extension: 'src/extension.ts' }, outdir: 'dist', external: [...external, './program'], supported: { 'dynamic-import': false } },
  { ...node, entryPoints: { program: 'src/program.ts' }, outdir: 'dist', plugins: [tokenizersOnly, inPieces('later')] },
  { ...node, entryPoints: { engine: 'src/engine/child.ts' }, outdir: 'dist', plugins: [tokenizersOnly, inPieces('engine-later')] },
  { ...node, entryPoints: { probe: 'src/engine/probe.ts', trainer: 'src/engine/gan/trainerChild.ts', cli: 'src/cli/main.ts' }, outdir: 'dist' },
]

/** The Studio's page and its worker: one script each, since a webview starts a worker from a blob only. */
/** @type {import('esbuild').BuildOptions} */
const page = { bundle: true, platform: 'browser', format: 'iife', target: 'chrome124', outdir: 'dist/studio', sourcemap: watch ? 'inline' : false, minify: !watch, logLevel: 'warning', logOverride, legalComments: 'none', loader: { '.py': 'text', '.ttf': 'file' }, assetNames: '[name]' }
builds.push(
  { ...page, entryPoints: { page: 'webview-ui/main.ts', worker: 'webview-ui/worker/main.ts' } },
  { ...page, entryPoints: { icons: require.resolve('@vscode/codicons/dist/codicon.css') } },
)

if (tests) {
  const suites = fs.readdirSync(path.join(__dirname, 'test/host')).filter((name) => name.endsWith('.test.ts'))
  builds.push({
    ...node,
    entryPoints: ['test/host/index.ts', ...suites.map((name) => `test/host/${name}`)],
    external: [...external, 'mocha'],
    outdir: 'out/test/host',
    outbase: 'test/host',
  })
}

/** The embedded model's tokenizer, in the form that is quick to read: who opens a first document waits for it. */
async function keepTokenizer() {
  const folder = path.join(__dirname, 'dist/tokenizers')
  const contents = "export { keepTokenizer } from './src/engine/keptTokenizer'; export { partsOf } from './src/language/tokenizerFiles'"
  const { outputFiles } = await esbuild.build({ ...node, format: 'esm', sourcemap: false, stdin: { contents, resolveDir: __dirname }, write: false })
  const { keepTokenizer: keep, partsOf } = await import(`data:text/javascript;base64,${Buffer.from(outputFiles?.[0]?.contents ?? []).toString('base64')}`)
  const file = fs.readFileSync(path.join(__dirname, 'media/model/tokenizer.json'))
  fs.rmSync(folder, { recursive: true, force: true })
  await keep(folder, [file], partsOf(file))
}

async function main() {
  const { buildStudioAssets } = await import('./webview-ui/assets.mjs')
  await buildStudioAssets()
  const { buildDecoder } = await import('./kernels/build.mjs')
  await buildDecoder()
  await keepTokenizer()
  const contexts = await Promise.all(builds.map((options) => esbuild.context(options)))
  try {
    await Promise.all(contexts.map((context) => (watch ? context.watch() : context.rebuild())))
  } finally {
    // A context that is not disposed keeps the process alive: a build that fails must end all the same.
    if (!watch) await Promise.all(contexts.map((context) => context.dispose()))
  }
}

/** What runs in Node is built like this. Tests build single parts of it. */
module.exports = { node }

if (require.main === module) {
  main().catch((error) => {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  })
}
