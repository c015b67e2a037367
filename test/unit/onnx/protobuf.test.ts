import { describe, expect, it } from 'vitest'
import { ProtobufWriter } from '../../../src/onnx/protobuf'

/** Bytes as the encoding's own documentation writes them. */
describe('the protobuf writer', () => {
  it.each<[string, (writer: ProtobufWriter) => void, string]>([
    ['150 in field 1', (w) => w.integer(1, 150), '08 96 01'],
    ['0', (w) => w.integer(1, 0), '08 00'],
    ['−1 in ten bytes', (w) => w.integer(2, -1), '10 ff ff ff ff ff ff ff ff ff 01'],
    ['beyond 32 bits', (w) => w.integer(1, 2 ** 35), '08 80 80 80 80 80 01'],
    ['a field number over 15', (w) => w.integer(20, 1), 'a0 01 01'],
    ['text', (w) => w.string(2, 'testing'), '12 07 74 65 73 74 69 6e 67'],
    ['text beyond ASCII by its bytes', (w) => w.string(2, 'é'), '12 02 c3 a9'],
    ['a float', (w) => w.float(2, 1), '15 00 00 80 3f'],
    ['a message in a message', (w) => w.message(3, (inner) => inner.integer(1, 150)), '1a 03 08 96 01'],
  ])('writes %s', (_, write, expected) => {
    const writer = new ProtobufWriter()
    write(writer)
    expect(Buffer.from(writer.finish()).toString('hex')).toBe(expected.replaceAll(' ', ''))
  })

  it('grows with what it is given', () => {
    const writer = new ProtobufWriter()
    writer.raw(1, new Uint8Array(100_000).fill(7))
    const bytes = writer.finish()
    expect(bytes.length).toBe(100_004)
    expect(bytes.subarray(4).every((byte) => byte === 7)).toBe(true)
  })
})
