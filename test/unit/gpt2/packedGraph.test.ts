import { expect, it } from 'vitest'
import { parseGpt2Config } from '../../../src/gpt2/config'
import { buildGpt2Graph } from '../../../src/gpt2/graph'
import type { PackedRows } from '../../../src/gpt2/packedRows'
import { tensorShapes, type Gpt2Weights } from '../../../src/gpt2/weights'

const block = 128
const config = parseGpt2Config(`{"model_type":"gpt2","n_layer":1,"n_head":2,"n_embd":${block},"vocab_size":6,"n_positions":4}`, 'config.json')

/** Codes that use their whole range in each block, with scales that are powers of two: they survive unpacking without a rounding. */
function packedRows(name: string, rows: number, columns: number): PackedRows | undefined {
  if (rows % block !== 0 && columns !== block) return undefined
  const alongRows = name === 'wte.weight'
  const codes = Int8Array.from({ length: rows * columns }, (_, i) => ((i * 37) % 255) - 127)
  for (let i = 0; i < codes.length; i += alongRows ? block : 1) if (alongRows || Math.floor(i / columns) % block === 0) codes[i] = i % 2 === 0 ? 127 : -127
  const scales = Float32Array.from({ length: codes.length / block }, (_, i) => 2 ** -(i % 5))
  return { codes, scales, blockRows: alongRows ? 1 : block, blockColumns: alongRows ? block : 1 }
}

/** The same numbers, handed out as they are packed or only unpacked. */
function weightsThatArePacked(isPacked: boolean): Gpt2Weights {
  const shapes = tensorShapes(config)
  const of = (name: string): { columns: number; packed: PackedRows | undefined } => {
    const [rows = 1, columns = 1] = shapes.get(name) ?? []
    return { columns, packed: name.endsWith('.weight') && name !== 'wpe.weight' ? packedRows(name, rows, columns) : undefined }
  }
  return {
    async read(name) {
      const { columns, packed } = of(name)
      if (packed === undefined) return new Float32Array((shapes.get(name) ?? []).reduce((a, b) => a * b, 1)).fill(0.5)
      const { codes, scales, blockRows, blockColumns } = packed
      return Float32Array.from(codes, (code, i) => code * (scales[Math.floor(Math.floor(i / columns) / blockRows) * (columns / blockColumns) + Math.floor((i % columns) / blockColumns)] ?? 0))
    },
    packed: async (name) => (isPacked ? of(name).packed : undefined),
  }
}

async function written(weights: Gpt2Weights, precision: 'int8' | 'int4'): Promise<Buffer> {
  const graph = buildGpt2Graph(config, weights, { precision, cacheUse: 'in-place', prompts: undefined }, 'weights.bin')
  const file = Buffer.alloc(graph.weightsSize)
  await graph.writeWeights({ write: async (offset, bytes) => void file.set(bytes, offset) })
  return file
}

it.each(['int8', 'int4'] as const)('packed matrices make the graph of %s that their values make', async (precision) => {
  const fromPacked = await written(weightsThatArePacked(true), precision)
  expect(fromPacked.equals(await written(weightsThatArePacked(false), precision))).toBe(true)
  expect(new Set(fromPacked).size).toBeGreaterThan(200)
})
