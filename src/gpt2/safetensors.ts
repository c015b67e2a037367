import { InklingError } from '../base/errors'
import type { ByteSource } from './byteSource'
import { allFinite, toFloat32, type FloatType } from './floats'
import { parseSafetensorsHeader, type TensorEntry } from './safetensorsHeader'

/** A header of GPT-2's largest sibling has 70 KB; the format itself allows 100 MB, which would only serve an attacker. */
const longestHeader = 8 << 20

/** The tensors of one safetensors file. The file is read when a tensor is, and only that part. */
export class Safetensors {
  private constructor(
    private readonly source: ByteSource,
    private readonly dataStart: number,
    private readonly entries: ReadonlyMap<string, TensorEntry>,
  ) {}

  /** @throws InklingError `model-file-broken` */
  static async open(source: ByteSource): Promise<Safetensors> {
    if (source.sizeBytes < 8) throw broken(source.name, 'it is shorter than a safetensors header')
    const lengthBytes = await exactly(source, 0, 8)
    const length = new DataView(lengthBytes.buffer, lengthBytes.byteOffset, 8).getBigUint64(0, true)
    if (length > BigInt(source.sizeBytes - 8)) throw broken(source.name, `its header claims ${length} bytes, more than the file has`)
    if (length > BigInt(longestHeader)) throw broken(source.name, `its header claims ${length} bytes, far too many for a model`)
    const header = await exactly(source, 8, Number(length))
    const dataStart = 8 + Number(length)
    return new Safetensors(source, dataStart, parseSafetensorsHeader(header, source.sizeBytes - dataStart, source.name))
  }

  has(name: string): boolean {
    return this.entries.has(name)
  }

  /** How the tensor is stored (safetensors, `Dtype`), or undefined where there is none. */
  type(name: string): string | undefined {
    return this.entries.get(name)?.type
  }

  /** Dimensions of the tensor, or undefined where there is none. */
  shape(name: string): readonly number[] | undefined {
    return this.entries.get(name)?.shape
  }

  /**
   * Rows `from` to `to` of a tensor's first dimension.
   * @returns [to - from, …the other dimensions], float32
   * @throws InklingError `model-tensor-missing`, `model-file-broken` (not finite, truncated), `model-unsupported` (not float)
   */
  async rows(name: string, from: number, to: number): Promise<Float32Array> {
    const entry = this.entry(name)
    if (!isFloat(entry.type)) throw InklingError.of('model-unsupported', { reason: `the tensor ${name} is stored as ${entry.type}, not as F32, F16 or BF16` })
    const values = toFloat32(await this.bytes(entry, from, to), entry.type)
    if (!allFinite(values)) throw broken(this.source.name, `the tensor ${name} holds numbers that are not finite`)
    return values
  }

  /**
   * The same of a tensor of type I8, not to be changed.
   * @throws InklingError `model-tensor-missing`, `model-file-broken` (truncated)
   */
  async codes(name: string, from: number, to: number): Promise<Int8Array> {
    const bytes = await this.bytes(this.entry(name), from, to, true)
    return new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  private entry(name: string): TensorEntry {
    const entry = this.entries.get(name)
    if (!entry) throw InklingError.of('model-tensor-missing', { tensor: name })
    return entry
  }

  private bytes(entry: TensorEntry, from: number, to: number, isShared = false): Promise<Uint8Array> {
    const rowBytes = (entry.end - entry.begin) / (entry.shape[0] ?? 1)
    return exactly(this.source, this.dataStart + entry.begin + from * rowBytes, (to - from) * rowBytes, isShared)
  }
}

async function exactly(source: ByteSource, offset: number, length: number, isShared = false): Promise<Uint8Array> {
  const bytes = (isShared ? source.share?.(offset, length) : undefined) ?? (await source.read(offset, length))
  if (bytes.byteLength !== length) throw broken(source.name, 'it ends too early')
  return bytes
}

function isFloat(type: string): type is FloatType {
  return type === 'F32' || type === 'F16' || type === 'BF16'
}

function broken(file: string, reason: string): InklingError {
  return InklingError.of('model-file-broken', { file, reason })
}
