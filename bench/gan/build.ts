import { build } from 'esbuild'
import path from 'node:path'
import { root } from '../../tools/lib/project.mjs'

/** Bundles what measures one engine, as what ships is. @returns the script: `ENGINE THREADS STUDIO-FOLDER` */
export async function buildGanMeasure(): Promise<string> {
  const script = path.join(root, 'bench/work/gan-measure.cjs')
  await build({ entryPoints: [path.join(root, 'bench/gan/measure.ts')], outfile: script, bundle: true, platform: 'node', format: 'cjs', minify: true, external: ['onnxruntime-node'], logLevel: 'warning' })
  return script
}
