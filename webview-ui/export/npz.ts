import { crc32 } from '../../src/gan/crc32'

/** One array of an .npz file. */
export interface NamedArray {
  readonly name: string
  readonly shape: readonly number[]
  /** row-major */
  readonly values: Float32Array
}

/** NumPy's format, version 1.0: magic, header length, a Python dictionary padded to 64 bytes, then the numbers. */
function encodeNpy({ shape, values }: NamedArray): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`
  const headerSize = Math.ceil((10 + text.length + 1) / 64) * 64
  const file = new Uint8Array(headerSize + values.byteLength)
  file.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0])
  new DataView(file.buffer).setUint16(8, headerSize - 10, true)
  file.fill(0x20, 10, headerSize - 1)
  file.set(new TextEncoder().encode(text), 10)
  file[headerSize - 1] = 0x0a
  file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), headerSize)
  return file
}

/** 1980-01-01, the earliest date a zip file knows: the same weights make the same file. */
const dosDate = 0x0021

/** An .npz: a zip file of uncompressed .npy files (PKWARE's APPNOTE, "stored"). */
export function encodeNpz(arrays: readonly NamedArray[]): Uint8Array {
  const entries = arrays.map((array) => {
    const content = encodeNpy(array)
    return { name: new TextEncoder().encode(`${array.name}.npy`), content, crc: crc32(content) }
  })
  const locals: Uint8Array[] = []
  const centrals: Uint8Array[] = []
  let offset = 0
  for (const { name, content, crc } of entries) {
    const common = new Uint8Array(26)
    const view = new DataView(common.buffer)
    view.setUint16(0, 20, true)
    view.setUint16(8, dosDate, true)
    view.setUint32(10, crc, true)
    view.setUint32(14, content.length, true)
    view.setUint32(18, content.length, true)
    view.setUint16(22, name.length, true)
    locals.push(new Uint8Array([0x50, 0x4b, 3, 4]), common, name, content)
    const tail = new Uint8Array(14)
    new DataView(tail.buffer).setUint32(10, offset, true)
    centrals.push(new Uint8Array([0x50, 0x4b, 1, 2, 20, 0]), common, tail, name)
    offset += 30 + name.length + content.length
  }
  const directorySize = centrals.reduce((sum, part) => sum + part.length, 0)
  const end = new Uint8Array(22)
  const view = new DataView(end.buffer)
  end.set([0x50, 0x4b, 5, 6])
  view.setUint16(8, entries.length, true)
  view.setUint16(10, entries.length, true)
  view.setUint32(12, directorySize, true)
  view.setUint32(16, offset, true)
  return concatenate([...locals, ...centrals, end])
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
