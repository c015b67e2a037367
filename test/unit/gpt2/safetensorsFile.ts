import type { ByteSource } from '../../../src/gpt2/byteSource'

/** A file in memory that remembers how much was asked of it. */
export class MemorySource implements ByteSource {
  readonly name = '/models/x/model.safetensors'
  largestRead = 0

  constructor(private readonly bytes: Uint8Array) {}

  get sizeBytes(): number {
    return this.bytes.length
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    this.largestRead = Math.max(this.largestRead, length)
    return this.bytes.slice(offset, offset + length)
  }
}

/** A safetensors file with this header and as many bytes of data. */
export function file(header: string | Uint8Array, dataSize = 0, headerLength?: bigint): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header
  const bytes = new Uint8Array(8 + text.length + dataSize)
  new DataView(bytes.buffer).setBigUint64(0, headerLength ?? BigInt(text.length), true)
  bytes.set(text, 8)
  return bytes
}

/** A file with these float32 tensors, in this order. */
export function fileWith(tensors: Readonly<Record<string, { readonly shape: readonly number[]; readonly values: readonly number[] }>>): Uint8Array {
  let end = 0
  const header: Record<string, unknown> = {}
  for (const [name, { shape, values }] of Object.entries(tensors)) {
    header[name] = { dtype: 'F32', shape, data_offsets: [end, end + 4 * values.length] }
    end += 4 * values.length
  }
  const bytes = file(JSON.stringify(header), end)
  const data = Float32Array.from(Object.values(tensors).flatMap(({ values }) => values))
  bytes.set(new Uint8Array(data.buffer), bytes.length - end)
  return bytes
}
