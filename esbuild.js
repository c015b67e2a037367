// Bundles what is shipped: the extension, the engine child, the command line and the Studio's page.
const esbuild = require('esbuild')
const fs = require('node:fs')
const path = require('node:path')

const watch = process.argv.includes('--watch')
const tests = process.argv.includes('--tests')

/** Native modules and large runtimes stay in node_modules and are loaded on first use. */
const external = ['vscode', 'onnxruntime-node', '@xenova/transformers', '@tensorflow/tfjs-node']

/** @type {import('esbuild').BuildOptions} */
const node = { bundle: true, platform: 'node', format: 'cjs', target: 'node20', external, sourcemap: 'linked', minify: !tests, logLevel: 'warning', legalComments: 'none' }

/** @type {import('esbuild').BuildOptions[]} */
const builds = [
  { ...node, entryPoints: { extension: 'src/extension.ts', engine: 'src/engine/child.ts', cli: 'src/cli/main.ts' }, outdir: 'dist' },
]

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

async function main() {
  const contexts = await Promise.all(builds.map((options) => esbuild.context(options)))
  await Promise.all(contexts.map((context) => (watch ? context.watch() : context.rebuild())))
  if (!watch) await Promise.all(contexts.map((context) => context.dispose()))
}

main().catch((error) => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
