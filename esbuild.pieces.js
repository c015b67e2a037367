// @ts-check
const esbuild = require('esbuild')
const fs = require('node:fs')
const path = require('node:path')

/**
 * Builds an entry so that what it imports by `import()` lies in files of their own, which are loaded on first use.
 *
 * esbuild cuts only modules of the newer kind into pieces, while a host loads the older kind, and it cuts out all that two
 * pieces share, which would be many small files to read at the start. So the pieces are made in memory first. Those that the
 * entry needs at once then become one file with it, from which the others take what they share.
 * @param {string} folder where the later pieces lie, beside the entry
 * @returns {import('esbuild').Plugin}
 */
function inPieces(folder) {
  return {
    name: 'in-pieces',
    setup({ initialOptions: options, onStart, onEnd }) {
      const final = { ...options }
      const [entry = ''] = Object.keys(options.entryPoints ?? {})
      const outdir = path.resolve(options.outdir ?? '.')
      Object.assign(options, { format: 'esm', splitting: true, chunkNames: `${folder}/[name]-[hash]`, write: false, metafile: true, sourcemap: 'inline' })
      onStart(() => fs.rmSync(path.join(outdir, folder), { recursive: true, force: true }))
      onEnd(async ({ outputFiles = [], metafile, errors }) => {
        if (errors.length > 0 || metafile === undefined) return
        const pieces = new Map(outputFiles.map(({ path: file, text }) => [file, text]))
        const main = path.join(outdir, `${entry}.js`)
        const atOnce = neededAtOnce(main, metafile)
        const later = [...pieces.keys()].filter((file) => !atOnce.has(file))
        /** @type {import('esbuild').BuildOptions} */
        const common = { ...final, outdir, outbase: outdir, format: 'cjs', supported: { 'dynamic-import': false }, logOverride: { ...final.logOverride, 'empty-import-meta': 'silent' } }
        const whole = [...atOnce].map((file) => (file === main ? `export * from ${JSON.stringify(file)}` : `export * as ${nameOf(file)} from ${JSON.stringify(file)}`))
        await esbuild.build({ ...common, entryPoints: { [entry]: 'whole' }, plugins: [fromMemory(new Map([...pieces, ['whole', whole.join('\n')]]), outdir, (file) => atOnce.has(file))] })
        atOnce.delete(main)
        const shared = [...atOnce].map((file) => /** @type {const} */ ([file, `module.exports = require(${JSON.stringify(main)}).${nameOf(file)}`]))
        await esbuild.build({ ...common, entryPoints: later, plugins: [fromMemory(new Map([...pieces, ...shared]), path.join(outdir, folder), (file) => atOnce.has(file))] })
      })
    },
  }
}

/**
 * The pieces that are imported by no `import()` on the way from `main`.
 * @param {string} main @param {import('esbuild').Metafile} metafile
 */
function neededAtOnce(main, metafile) {
  const outputs = new Map(Object.entries(metafile.outputs).map(([file, output]) => [path.resolve(file), output]))
  const found = new Set([main])
  for (const file of found) {
    for (const { path: imported, kind, external } of outputs.get(file)?.imports ?? []) if (kind === 'import-statement' && external !== true) found.add(path.resolve(imported))
  }
  return found
}

/** @param {string} file */
function nameOf(file) {
  return path.basename(file, '.js').replace(/\W/g, '_')
}

/**
 * @param {ReadonlyMap<string, string>} files
 * @param {string} folder where the result will lie
 * @param {(file: string) => boolean} isInside whether a file becomes part of the one that imports it; others stay beside
 * @returns {import('esbuild').Plugin}
 */
function fromMemory(files, folder, isInside) {
  return {
    name: 'from-memory',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /.*/ }, ({ path: name, kind, importer }) => {
        if (kind === 'entry-point') return { path: name, namespace: 'memory' }
        if (!/^[./]/.test(name)) return { external: true }
        const file = path.resolve(path.dirname(importer), name)
        if (isInside(file)) return { path: file, namespace: 'memory' }
        const relative = path.relative(folder, file).replaceAll(path.sep, '/')
        return { path: relative.startsWith('.') ? relative : `./${relative}`, external: true }
      })
      onLoad({ filter: /.*/, namespace: 'memory' }, ({ path: file }) => ({ contents: files.get(file) ?? '' }))
    },
  }
}

module.exports = { inPieces }
