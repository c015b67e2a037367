import { describe, expect, it } from 'vitest'
import { readFile } from 'node:fs/promises'
import { webAssembly, type Module } from '../../../src/base/webAssembly'
import { WasmArranger } from '../../../src/engine/lanes/arranger'
import { begin, mostPages, pageBytes } from '../../../src/engine/lanes/laneMemory'
import { knowsLanes } from '../../../src/engine/lanes/openLanes'
import { byRows, fourBitLanes } from '../../../src/gpt2/lanes'
import { quantizeRows, transpose } from '../../../src/gpt2/quantize'
import { seededRandom } from '../../../src/language/random'
import type { ByteSink } from '../../../src/onnx/weightsLayout'
import { decoderFile } from '../../support/decoder'

const rows = 32
const columns = 64

async function module(): Promise<Module> {
  knowsLanes()
  return webAssembly.compile(await readFile(await decoderFile()))
}

/** What is written behind the first `offset` bytes of a file. */
async function written(size: number, offset: number, write: (sink: ByteSink) => Promise<void>): Promise<Int8Array> {
  const file = new Int8Array(offset + size)
  await write({ write: async (at, bytes) => file.set(bytes, at) })
  return file.subarray(offset)
}

function drawn(count: number): Int8Array {
  const random = seededRandom(3)
  return Int8Array.from({ length: count }, () => Math.floor(random() * 255) - 127)
}

describe('weights side by side', () => {
  it('has, of 16 rows, for every four columns each row’s codes, the middle two exchanged', async () => {
    const codes = drawn(rows * columns)
    const kernels = await WasmArranger.open(await module())
    const lanes = await written(codes.length, 64, (sink) => kernels.fromRows(codes, columns, sink, 64))
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const group = row - (row % 16)
        const place = [0, 2, 1, 3][column % 4] ?? 0
        expect(lanes[group * columns + Math.floor(column / 4) * 64 + (row % 16) * 4 + place]).toBe(codes[row * columns + column])
      }
    }
  })

  it('is the same from the transpose, whatever was laid out before', async () => {
    const kernels = await WasmArranger.open(await module())
    for (const count of [columns, 16, 4 * columns]) {
      const codes = drawn(rows * count)
      const turned = new Int8Array(transpose(new Uint8Array(codes.buffer), rows, count).buffer)
      const lanes = await written(codes.length, 0, (sink) => kernels.fromRows(codes, count, sink, 0))
      expect(await written(codes.length, 0, (sink) => kernels.fromColumns(turned, rows, sink, 0))).toEqual(lanes)
    }
  })

  it('is the same in the decoder’s memory, where nothing else is touched', async () => {
    const compiled = await module()
    const kernels = await WasmArranger.open(compiled)
    const codes = drawn(rows * columns)
    const weights = 2 * pageBytes
    const memory = new webAssembly.Memory({ initial: 4, maximum: mostPages, shared: true })
    new Uint8Array(memory.buffer).fill(7)
    const inPlace = await WasmArranger.open(compiled, { memory, weights, end: 3 * pageBytes })
    await inPlace.fromRows(codes, columns, { write: async () => { throw new Error('written') } }, 128)
    const lanes = await written(codes.length, 0, (sink) => kernels.fromRows(codes, columns, sink, 0))
    const touched = new Int8Array(memory.buffer).subarray(begin, 3 * pageBytes)
    expect(touched.subarray(weights + 128 - begin, weights + 128 - begin + codes.length)).toEqual(lanes)
    expect(touched.filter((value) => value !== 7).length).toBe(lanes.filter((value) => value !== 7).length)
  })

  it('has, of 16 rows, for every block a number of each row', () => {
    const values = Float32Array.from({ length: rows * 3 }, (_, i) => i)
    const lanes = byRows(values, 3)
    for (let row = 0; row < rows; row++) {
      for (let block = 0; block < 3; block++) expect(lanes[(row - (row % 16)) * 3 + block * 16 + (row % 16)]).toBe(row * 3 + block)
    }
  })

  it('has, in 4 bits, four codes in lower halves and four in upper ones, scales as the nearest bf16, and zero points as bytes', () => {
    const random = seededRandom(9)
    const quantized = quantizeRows(Float32Array.from({ length: rows * columns }, () => random() - 0.4), columns, 32, 4)
    const blocks = columns / 32
    const { codes, scales, zeros } = fourBitLanes(quantized, rows, blocks, 32)
    const floats = new DataView(new ArrayBuffer(4))
    for (let row = 0; row < rows; row++) {
      const group = row - (row % 16)
      const lane = row % 16
      for (let column = 0; column < columns; column++) {
        const byte = quantized.codes[(row * columns + column) >> 1] ?? 0
        const code = column % 2 === 0 ? byte & 15 : byte >> 4
        const there = codes[(group * columns) / 2 + Math.floor(column / 8) * 64 + lane * 4 + (column % 4)] ?? 0
        expect(column % 8 < 4 ? there & 15 : there >> 4).toBe(code)
      }
      for (let block = 0; block < blocks; block++) {
        const word = scales[(group * blocks + block * 16) / 2 + (lane % 8)] ?? 0
        floats.setUint32(0, lane < 8 ? word & 0xffff0000 : word << 16)
        const scale = quantized.scales[row * blocks + block] ?? 0
        expect(Math.abs(floats.getFloat32(0) - scale)).toBeLessThanOrEqual(scale / 256)
        const zero = quantized.zeroPoints[row * Math.ceil(blocks / 2) + (block >> 1)] ?? 0
        expect(zeros[group * blocks + block * 16 + lane]).toBe((zero >> (4 * (block % 2))) & 15)
      }
    }
  })
})
