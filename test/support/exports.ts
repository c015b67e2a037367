import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'

/** The files of an ONNX export of test/reference/decoder, by their names in a model's folder. */
export function exportFiles(name: string): Readonly<Record<string, Buffer>> {
  const folder = path.join(__dirname, '../reference/decoder/models', name)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file !== 'expected.json' && statSync(path.join(folder, file)).isFile())
  return Object.fromEntries(files.map((file) => [file.split(path.sep).join('/'), readFileSync(path.join(folder, file))]))
}

/** Bytes that `withOutsideTensor` wants at the location. */
export const outsideBytes = 16

/**
 * The graph with one more initializer, whose weights lie in another file: appended as a second `graph` field, which every
 * reader of protobuf joins with the first. Field numbers are those of onnx/onnx.proto3.
 */
export function withOutsideTensor(graph: Buffer, location: string): Buffer {
  const field = (number: number, payload: Buffer): Buffer => {
    if (payload.length > 127) throw new Error('one byte is enough here')
    return Buffer.concat([Buffer.from([(number << 3) | 2, payload.length]), payload])
  }
  const entry = Buffer.concat([field(1, Buffer.from('location')), field(2, Buffer.from(location))])
  const tensor = Buffer.concat([Buffer.from([8, outsideBytes / 4, 16, 1]), field(8, Buffer.from('outside')), field(13, entry), Buffer.from([112, 1])])
  return Buffer.concat([graph, field(7, field(5, tensor))])
}
