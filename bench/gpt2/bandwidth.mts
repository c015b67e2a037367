/** How fast this machine reads memory and multiplies matrices, through the same runtime: `node bandwidth.mjs THREADS`. */
import * as ort from 'onnxruntime-node'
import { GraphBuilder } from '../../src/onnx/graphBuilder'
import { dataType } from '../../src/onnx/model'

const threads = Number(process.argv[2] ?? '0')
const graph = new GraphBuilder()
const left = graph.input('left', dataType.float, ['m', 'k'])
const right = graph.input('right', dataType.float, ['k', 'n'])
graph.output(graph.node('MatMul', [left, right], {}, 'product'), dataType.float, ['m', 'n'])
const session = await ort.InferenceSession.create(graph.encode(''), { ...(threads > 0 ? { intraOpNumThreads: threads } : {}), interOpNumThreads: 1 })

/** Best time of some products [m, k] × [k, n], milliseconds. */
async function best(m: number, k: number, n: number, repeats: number): Promise<number> {
  const feeds = { left: new ort.Tensor('float32', new Float32Array(m * k).fill(1), [m, k]), right: new ort.Tensor('float32', new Float32Array(k * n).fill(1), [k, n]) }
  const fetches = { product: new ort.Tensor('float32', new Float32Array(m * n), [m, n]) }
  let shortest = Infinity
  for (let i = 0; i < repeats; i++) {
    const began = performance.now()
    await session.run(feeds, fetches)
    shortest = Math.min(shortest, performance.now() - began)
  }
  return shortest
}

// A row times a matrix of 256 MB reads it once; 512 rows times one that stays in the cache keep the multipliers busy.
const gigabytesPerSecond = 256e6 / 1e6 / (await best(1, 4000, 16000, 12))
const gigaflops = (2 * 512 * 768 * 3072) / 1e6 / (await best(512, 768, 3072, 12))
console.log(JSON.stringify({ gigabytesPerSecond, gigaflops }))
process.exit(0)
