import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { createSession } from '../../../src/engine/onnx/createSession'
import { FileSource } from '../../../src/engine/onnx/fileSource'
import { Gpt2Context } from '../../../src/engine/onnx/gpt2Context'
import { Gpt2Session } from '../../../src/engine/onnx/gpt2Session'
import { weightsFile } from '../../../src/engine/onnx/graphCache'
import { onnxRuntime } from '../../../src/engine/onnx/runtime'
import type { CacheUse } from '../../../src/gpt2/attention'
import { parseGpt2Config } from '../../../src/gpt2/config'
import { buildGpt2Graph } from '../../../src/gpt2/graph'
import { openGpt2Weights } from '../../../src/gpt2/weights'
import { argmax } from '../numbers'
import { modelFolder, modelNames, readExpected } from './expected'

/** A context over the graph of one use of the cache, on the processor, which runs both. */
async function contextWith(name: string, cacheUse: CacheUse): Promise<Gpt2Context> {
  const folder = modelFolder(name)
  const config = parseGpt2Config(readFileSync(path.join(folder, 'config.json'), 'utf8'), 'config.json')
  const source = FileSource.open(path.join(folder, 'model.safetensors'))
  const ort = await onnxRuntime()
  const graph = buildGpt2Graph(config, await openGpt2Weights(source, config), { precision: 'fp32', cacheUse, prompts: undefined }, weightsFile)
  const weights = new Uint8Array(graph.weightsSize)
  await graph.writeWeights({ write: async (offset, bytes) => weights.set(bytes, offset) })
  source.close()
  const { session } = await createSession(ort, async () => ({ model: graph.model, externalData: [{ path: weightsFile, data: weights }] }), { device: 'cpu', threads: 1 })
  return new Gpt2Context(new Gpt2Session(ort, async () => session, cacheUse, config, true), config)
}

describe.each(modelNames)('the model %s', (name) => {
  const { prompt, greedy } = readExpected(name)

  it.each(['in-place', 'joined'] as const)('writes the tokens of PyTorch with its cache %s, in pieces, alone and in branches', async (cacheUse) => {
    const context = await contextWith(name, cacheUse)
    await context.extend(Int32Array.from(prompt.slice(0, 5)))
    await context.extend(Int32Array.from(prompt))
    context.truncate(0)
    let logits = await context.extend(Int32Array.from(prompt))
    const written: number[] = []
    while (written.length < 20) {
      written.push(argmax(logits))
      logits = await context.extend(Int32Array.from(written.slice(-1)))
    }
    const branches = context.fork(2)
    while (written.length < greedy.length) {
      written.push(argmax(logits))
      const both = await branches.extend([0, 1], Int32Array.of(written.length % 7, written.at(-1) ?? 0))
      logits = both[1] ?? logits
    }
    expect(written).toEqual(greedy)
  })
})
