import { readFileSync } from 'node:fs'
import path from 'node:path'
import * as plan from '../../kernels/assembly/decoder/plan'
import { WasmArranger } from '../../src/engine/lanes/arranger'
import type { Module } from '../../src/base/webAssembly'
import { compileWhole } from '../../src/engine/lanes/compileWhole'
import { hasWideVectors } from '../../src/engine/lanes/wideVectors'
import { LaneDecoder } from '../../src/engine/lanes/laneDecoder'
import { layOut } from '../../src/engine/lanes/laneMemory'
import { knowsLanes } from '../../src/engine/lanes/openLanes'
import { causalMask } from '../../src/engine/onnx/causalMask'
import { FileSource } from '../../src/engine/onnx/fileSource'
import { parseGpt2Config, type Gpt2Config } from '../../src/gpt2/config'
import { groupRows } from '../../src/gpt2/lanes'
import { layLanes } from '../../src/gpt2/laneWeights'
import type { Bits } from '../../src/gpt2/quantize'
import { openGpt2Weights } from '../../src/gpt2/weights'
import { decoderFile } from './decoder'

/** Logits behind each token of a text, and what was decided about the last one that was run. */
export interface PreviewedDecoder {
  readonly config: Gpt2Config
  /** @param piece tokens of a step, which is a prompt's when there are more than 16 @param ran called after each step @returns logits [vocabulary] behind each token */
  read(ids: Int32Array, piece: number, exactWithin: number, ran?: (past: number) => void): Float32Array[]
  /** What none of each group's logits exceeds, as the preview says: [groups]; Infinity where a group is read in any case. */
  bounds(): Float32Array
  /** Share of the groups that were read whole. */
  readWhole(): number
  /** As of the decoder. */
  agreesWith(module: Module): Promise<boolean>
  dispose(): void
}

/** The decoder with a preview of the head, which small models do not get otherwise. */
export async function openPreviewed(folder: string, bits: Bits, threads: number, threadsOfPrompts = threads): Promise<PreviewedDecoder> {
  knowsLanes()
  const config = parseGpt2Config(readFileSync(path.join(folder, 'config.json'), 'utf8'), 'config.json')
  const source = FileSource.open(path.join(folder, 'model.safetensors'))
  const both = { few: threads, many: threadsOfPrompts }
  const kernels = compileWhole(readFileSync(await decoderFile()), hasWideVectors)
  const model = layLanes(config, await openGpt2Weights(source, config), bits, async () => WasmArranger.open(await kernels), true)
  let memory = new ArrayBuffer(0) as ArrayBufferLike
  const decoder = await LaneDecoder.open(config, model, kernels, both, (to) => {
    memory = to.buffer
    return model.write({ write: async (offset, bytes) => to.set(bytes, offset) })
  })
  source.close()
  const cache = decoder.openCache()
  const at = layOut(config, model, 0, both).plan
  const groups = model.vocabulary / groupRows
  const floats = (field: number, from: number, count: number): Float32Array => {
    return new Float32Array(memory, new DataView(memory).getUint32(at + field, true) + 4 * from, count).slice()
  }
  let lastRow = 0
  return {
    config,
    read(ids, piece, exactWithin, ran) {
      const all: Float32Array[] = []
      for (let past = 0; past < ids.length; past += piece) {
        const tokens = ids.subarray(past, past + piece)
        const each = Int32Array.from(tokens, (_, i) => i)
        const logits = decoder.run({ ids: tokens, positions: each.map((i) => past + i), rows: each, mask: causalMask(past, tokens.length), past, exactWithin }, cache, tokens.length > 16)
        for (const i of each) all.push(logits.subarray(i * config.vocabulary, (i + 1) * config.vocabulary))
        lastRow = tokens.length - 1
        ran?.(past)
      }
      return all
    },
    bounds: () => floats(plan.bounds, lastRow * groups, groups),
    readWhole() {
      const [threshold = NaN] = floats(plan.thresholds, lastRow, 1)
      return floats(plan.bounds, lastRow * groups, groups).filter((bound) => bound >= threshold).length / groups
    },
    agreesWith: (module) => decoder.agreesWith(module),
    dispose: () => decoder.dispose(),
  }
}
