/** Measures one engine in a process of its own: `measure ENGINE THREADS STUDIO-FOLDER`. Prints rows as one line of JSON. */
import type * as tfjsLayers from '@tensorflow/tfjs-layers'
import { createRequire } from 'node:module'
import * as util from 'node:util'
import type { GanEngine } from '../../src/gan/ganEngine'
import { describeGan, imageSize } from '../../src/gan/network'
import { Random } from '../../src/gan/random'
import { initialState } from '../../src/gan/trainer'
import { plainOperations } from '../../src/gan-tfjs/plainOperations'
import type { TensorFlow } from '../../src/gan-tfjs/operations'
import { startWasm, wasmEngineFactory } from '../../src/gan-tfjs/wasmBackend'
import { TfjsEngine } from '../../src/gan-tfjs/tfjsEngine'
import { nativeEngineFactory } from '../../src/engine/gan/nativeEngine'
import { StudioFiles } from '../../src/engine/gan/studioFiles'
import { onnxRuntime } from '../../src/engine/onnx/runtime'
import { GraphBuilder } from '../../src/onnx/graphBuilder'
import { dataType } from '../../src/onnx/model'
import { layersApiStep } from './layersApi'
import { medianMs, workload, type Row } from './workload'

const [engine = '', threadsText = '1', folder = ''] = process.argv.slice(2)
const threads = Number(threadsText)
const files = new StudioFiles(folder)
const description = describeGan(workload)

const measures: Readonly<Record<string, () => Promise<readonly Row[]>>> = {
  'wasm-stock': async () => {
    await startWasm(await files.tfjsWasm(), undefined)
    const [tf, layers] = await Promise.all([import('@tensorflow/tfjs-core'), import('@tensorflow/tfjs-layers')])
    return [{ name: 'TensorFlow.js wasm, layers API, stock', threads: 1, stepMs: await medianMs(layersApiStep(tf, layers)) }]
  },
  wasm: async () => {
    const makeEngine = wasmEngineFactory(await files.tfjsWasm(), await files.kernels())
    return [{ name: 'ours, wasm', threads: 1, stepMs: await ours(await makeEngine(description, initialState(workload))) }]
  },
  native: async () => [{ name: 'ours, native', threads, stepMs: await ours(await nativeEngineFactory(files.kernels, threads)(description, initialState(workload))) }],
  'tfjs-node': async () => {
    process.env['TF_NUM_INTRAOP_THREADS'] = String(threads)
    process.env['TF_NUM_INTEROP_THREADS'] = '1'
    const helpers = util as unknown as Record<string, unknown>
    helpers['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined
    helpers['isArray'] ??= Array.isArray
    // TFJS_NODE: a folder that holds a tfjs-node with its library, where this repository's has none.
    const load = createRequire(__filename)
    const tf = load(process.env['TFJS_NODE'] ?? '@tensorflow/tfjs-node') as TensorFlow & typeof tfjsLayers
    const hand = new TfjsEngine('tfjs-node', tf, 'tensorflow', plainOperations(tf), description, initialState(workload))
    return [
      { name: 'tfjs-node, layers API', threads, stepMs: await medianMs(layersApiStep(tf, tf)) },
      { name: 'tfjs-node, our step', threads, stepMs: await ours(hand) },
    ]
  },
  /** The machine’s matrix-multiply speed: a product of 2048 × 2048 by ONNX Runtime. `stepMs` is for 2 · 2048³ operations. */
  peak: async () => {
    const side = 2048
    const graph = new GraphBuilder()
    const shape = [side, side]
    graph.node('MatMul', [graph.input('a', dataType.float, shape), graph.input('b', dataType.float, shape)], {}, graph.output('c', dataType.float, shape))
    const ort = await onnxRuntime()
    const session = await ort.InferenceSession.create(graph.encode(''), { intraOpNumThreads: threads, interOpNumThreads: 1 })
    const matrix = (seed: number): InstanceType<typeof ort.Tensor> => new ort.Tensor('float32', Random.from(seed, 'sample').fillNormal(new Float32Array(side * side)), shape)
    const feeds = { a: matrix(1), b: matrix(2) }
    const fetches = { c: matrix(3) }
    return [{ name: 'peak', threads, stepMs: await medianMs(() => session.run(feeds, fetches)) }]
  },
}

/** Steps of our engine with pictures and noise at hand, as the peers have them. */
async function ours(made: GanEngine): Promise<number> {
  const { batchSize, latentSize } = workload
  const random = Random.from(1, 'training')
  const real = random.fillNormal(new Float32Array(batchSize * imageSize))
  let step = 0
  return medianMs(() => made.step({ step: ++step, real, realLabels: undefined, latents: random.fillNormal(new Float32Array(2 * batchSize * latentSize)), fakeLabels: undefined }, workload))
}

const measure = measures[engine]
if (!measure) throw new Error(`There is no engine ${engine}.`)
// tfjs-node prints to standard output while it loads: the result is the last line.
void measure().then((rows) => {
  console.log(`\n${JSON.stringify(rows)}`)
  process.exit(0)
})
