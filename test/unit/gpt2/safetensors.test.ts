import { describe, expect, it } from 'vitest'
import { Safetensors } from '../../../src/gpt2/safetensors'
import { file, fileWith, MemorySource } from './safetensorsFile'

const entry = (shape: readonly number[], begin: number, end: number, dtype = 'F32'): unknown => ({ dtype, shape, data_offsets: [begin, end] })
const header = (entries: Readonly<Record<string, unknown>>): string => JSON.stringify(entries)

describe('a safetensors file', () => {
  it('gives rows of a tensor as float32, reading no more than them', async () => {
    const source = new MemorySource(fileWith({ a: { shape: [2], values: [9, 9] }, b: { shape: [3, 2], values: [1, 2, 3, 4, 5, 6] } }))
    const tensors = await Safetensors.open(source)
    source.largestRead = 0
    expect([...(await tensors.rows('b', 1, 3))]).toEqual([3, 4, 5, 6])
    expect(source.largestRead).toBe(16)
    expect(tensors.shape('b')).toEqual([3, 2])
  })

  it.each([
    ['F16', [0x3c00, 0xc000, 0x0001, 0x7bff], [1, -2, 2 ** -24, 65504]],
    ['BF16', [0x3f80, 0xc000, 0x0001, 0x4049], [1, -2, 2 ** -133, 3.140625]],
  ])('reads %s exactly', async (dtype, halves, expected) => {
    const bytes = file(header({ a: entry([4], 0, 8, dtype) }), 8)
    bytes.set(new Uint8Array(Uint16Array.from(halves).buffer), bytes.length - 8)
    expect([...(await (await Safetensors.open(new MemorySource(bytes))).rows('a', 0, 4))]).toEqual(expected)
  })

  it('keeps a tensor named __proto__ to itself', async () => {
    const tensors = await Safetensors.open(new MemorySource(file('{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4)))
    expect(tensors.has('__proto__')).toBe(true)
    expect(tensors.has('dtype')).toBe(false)
    expect(Object.hasOwn(Object.prototype, 'dtype')).toBe(false)
  })

  it.each([
    ['nothing at all', new Uint8Array(0), 'shorter'],
    ['seven bytes', new Uint8Array(7), 'shorter'],
    ['a header of 2^64 - 1 bytes', file('{}', 0, 2n ** 64n - 1n), 'claims'],
    ['a header longer than the file', file('{}', 10, 13n), 'claims'],
    ['a header of 9 MB', file('{}', 9 << 20, 9n << 20n), 'far too many'],
    ['an empty header', file(''), 'no JSON object'],
    ['an array as header', file('[]'), 'no JSON object'],
    ['half a header', file('{"a":'), 'no JSON'],
    ['a header that is no UTF-8', file(Uint8Array.of(0x7b, 0xff, 0x7d)), 'no UTF-8'],
    ['a million opening brackets', file(`{"a":${'['.repeat(1_000_000)}`), 'nested'],
    ['nesting inside a tensor', file(header({ a: entry([[[1]] as unknown as number], 0, 4) }), 4), 'nested'],
    ['a million quotes', file(`{${'"'.repeat(1_000_001)}`), 'no JSON'],
    ['a string of a million backslashes', file(`{"${'\\'.repeat(1_000_001)}`), 'no JSON'],
    ['the same name twice', file('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4), 'twice'],
    ['the same name twice, once escaped', file('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0061" :{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4), 'twice'],
    ['a tensor that is a number', file('{"a":1}'), 'no object'],
    ['a tensor that is null', file('{"a":null}'), 'no object'],
    ['an entry whose fields are inherited', file('{"a":{"__proto__":{"dtype":"F32"},"shape":[1],"data_offsets":[0,4]}}', 4), 'type'],
    ['an unknown type', file(header({ a: entry([1], 0, 4, 'F33') }), 4), 'unknown type'],
    ['a type from the prototype', file(header({ a: entry([1], 0, 4, 'constructor') }), 4), 'unknown type'],
    ['a negative dimension', file(header({ a: entry([-1], 0, 4) }), 4), 'shape'],
    ['a broken dimension', file(header({ a: entry([0.5], 0, 2) }), 2), 'shape'],
    ['65 dimensions', file(header({ a: entry(Array<number>(65).fill(1), 0, 4) }), 4), 'shape'],
    ['a shape whose product overflows', file(header({ a: entry([2 ** 40, 2 ** 40], 0, 4) }), 4), 'absurd'],
    ['a product that would wrap to the right size', file(header({ a: entry([2 ** 32, 2 ** 32, 1], 0, 0) })), 'absurd'],
    ['a dimension of 1e400', file('{"a":{"dtype":"F32","shape":[1e400],"data_offsets":[0,4]}}', 4), 'shape'],
    ['a shape larger than its bytes', file(header({ a: entry([2], 0, 4) }), 4), 'asks for 8'],
    ['a range beyond the file', file(header({ a: entry([2], 0, 8) }), 4), 'outside'],
    ['a range backwards', file(header({ a: entry([1], 4, 0) }), 4), 'range'],
    ['a range of three', file('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}', 4), 'range'],
    ['negative offsets', file('{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}', 4), 'outside'],
    ['tensors that overlap', file(header({ a: entry([2], 0, 8), b: entry([2], 4, 12) }), 12), 'overlaps'],
    ['a tensor inside another', file(header({ a: entry([3], 0, 12), b: entry([1], 4, 8) }), 12), 'overlaps'],
    ['a gap between tensors', file(header({ a: entry([1], 0, 4), b: entry([1], 8, 12) }), 12), 'gap'],
    ['bytes behind the last tensor', file(header({ a: entry([1], 0, 4) }), 8), '4 bytes before'],
  ])('is refused with %s', async (_, bytes, reason) => {
    const source = new MemorySource(bytes)
    await expect(Safetensors.open(source)).rejects.toMatchObject({ code: 'model-file-broken' })
    await expect(Safetensors.open(source)).rejects.toThrow(source.name)
    await expect(Safetensors.open(source)).rejects.toThrow(reason)
    // Nothing is asked for that the file does not have.
    expect(source.largestRead).toBeLessThanOrEqual(Math.max(8, bytes.length))
  })

  it('is refused when it shrinks after it was opened', async () => {
    const bytes = fileWith({ a: { shape: [2], values: [1, 2] } })
    const source = new MemorySource(bytes)
    const tensors = await Safetensors.open(source)
    source.read = async (offset, length) => bytes.slice(offset, offset + length - 1)
    await expect(tensors.rows('a', 0, 2)).rejects.toMatchObject({ code: 'model-file-broken' })
  })

  it.each([
    ['a NaN', NaN, 'not finite'],
    ['an infinity', -Infinity, 'not finite'],
  ])('refuses to give a tensor with %s', async (_, value, reason) => {
    const tensors = await Safetensors.open(new MemorySource(fileWith({ a: { shape: [2], values: [1, value] } })))
    await expect(tensors.rows('a', 0, 2)).rejects.toThrow(reason)
  })

  it('refuses to take integers for weights', async () => {
    const tensors = await Safetensors.open(new MemorySource(file(header({ a: entry([4], 0, 4, 'I8') }), 4)))
    await expect(tensors.rows('a', 0, 4)).rejects.toMatchObject({ code: 'model-unsupported' })
  })
})
